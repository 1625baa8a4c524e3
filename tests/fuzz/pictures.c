/* Fuzz target: any bytes as a picture, as EXIF and as XMP; what reads well is written in every
 * format and read back. See run.sh. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "data/exif.h"
#include "data/image_codecs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void require(int condition)
{
    if (!condition)
        abort();
}

/* Decoding either succeeds or says why. */
static void decode_plain(const uint8_t *bytes, size_t count)
{
    Image image;
    int result = image_decode(bytes, count, "input", &image);
    require((result == 0) == (error_pending() == ERROR_NONE) &&
            (result == 0) == (image.rgb != NULL));
    error_clear();
    image_free(&image);
}

static void write_and_read_back(const Photo *photo, PhotoFormat format)
{
    char *bytes = NULL;
    size_t count = 0;
    Photo back;
    FILE *stream = open_memstream(&bytes, &count);
    PhotoWriter *w = photo_begin_stream(stream, "output", format, &photo->header,
                                        &(PhotoSettings){.lossless = true, .level = 1});
    require(w && photo_rows(w, photo->pixels, photo->header.height) == 0 && photo_commit(w) == 0);
    fclose(stream);
    require(photo_decode(bytes, count, "output", &back) == 0);
    require(back.header.width == photo->header.width && back.header.height == photo->header.height);
    photo_free(&back);
    free(bytes);
}

static void decode_everything(const uint8_t *bytes, size_t count)
{
    Photo photo;
    int result = photo_decode(bytes, count, "input", &photo);
    const PhotoHeader *h = &photo.header;
    require((result == 0) == (error_pending() == ERROR_NONE) &&
            (result == 0) == (photo.pixels != NULL));
    error_clear();
    for (int f = 0; f < PHOTO_FORMATS && result == 0 && h->width * (int64_t)h->height < 4096; f++) {
        if (photo_check_header((PhotoFormat)f, h) == 0)
            write_and_read_back(&photo, (PhotoFormat)f);
        error_clear();
    }
    photo_free(&photo);
}

/* AddressSanitizer sees what is read or written beside the blocks. */
static void change_notes(const uint8_t *bytes, size_t count)
{
    PhotoBlock exif = {malloc(count ? count : 1), count}, xmp = {malloc(count ? count : 1), count};
    memcpy(exif.bytes, bytes, count);
    memcpy(xmp.bytes, bytes, count);
    int orientation = exif_orientation(bytes, count);
    exif_set_upright(&exif);
    exif_drop_thumbnail(&exif);
    exif_set_size(&exif, 70000, 80000);
    xmp_set_upright(&xmp);
    xmp_set_size(&xmp, 70000, 80000);
    require(orientation >= 1 && orientation <= 8 && exif.count <= count);
    free(exif.bytes);
    free(xmp.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    decode_plain(bytes, count);
    decode_everything(bytes, count);
    change_notes(bytes, count);
    return 0;
}
