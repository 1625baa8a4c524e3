/* Fuzz target: any bytes as a picture, and as EXIF data. See run.sh. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/error.h"
#include "data/image_codecs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Ends the program if decoding neither succeeds nor says why. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    Image image;
    int result = image_decode(bytes, count, "input", &image);
    int orientation = exif_orientation(bytes, count);
    if ((result == 0) != (error_pending() == ERROR_NONE) || (result == 0) != (image.rgb != NULL) ||
        orientation < 1 || orientation > 8)
        abort();
    error_clear();
    image_free(&image);
    return 0;
}
