/* Reading a picture: which decoder, how much of the file, and the limits they share. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/image_codecs.h"

static const uint64_t MOST_PIXELS = (uint64_t)1 << 28;
static const size_t MOST_BYTES = (size_t)1 << 31;   /* 2^28 pixels of 16-bit RGBA */
static const size_t HEADER_BYTES = (size_t)1 << 17; /* holds most headers, EXIF included */

int image_prepare(const Encoded *encoded, uint64_t width, uint64_t height, bool header_only,
                  Image *image)
{
    if (width == 0 || height == 0 || width > MOST_PIXELS || height > MOST_PIXELS ||
        width * height > MOST_PIXELS)
        return error_set(ERROR_FORMAT, "%s: %llu x %llu pixels, the limit is 2^28 in all",
                         encoded->path, (unsigned long long)width, (unsigned long long)height);
    if (header_only)
        *image = (Image){(int)width, (int)height, NULL};
    else
        *image = image_new((int)width, (int)height);
    return 0;
}

static ImageDecoder *find_decoder(const Encoded *e)
{
    static const uint8_t PNG[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    static const uint8_t JPEG[] = {0xFF, 0xD8, 0xFF};
    if (e->count >= sizeof PNG && memcmp(e->bytes, PNG, sizeof PNG) == 0)
        return png_decode;
    if (e->count >= sizeof JPEG && memcmp(e->bytes, JPEG, sizeof JPEG) == 0)
        return jpeg_decode;
    if (e->count >= 12 && memcmp(e->bytes, "RIFF", 4) == 0 && memcmp(e->bytes + 8, "WEBP", 4) == 0)
        return webp_decode;
    return NULL;
}

static int decode(const Encoded *encoded, bool header_only, Image *image)
{
    *image = (Image){0};
    if (encoded->count == 0)
        return error_set(ERROR_FORMAT, "%s: the file is empty", encoded->path);
    ImageDecoder *decoder = find_decoder(encoded);
    if (!decoder)
        return error_set(ERROR_FORMAT, "%s: not a PNG, JPEG or WebP picture", encoded->path);
    if (decoder(encoded, header_only, image) == 0)
        return 0;
    image_free(image);
    return -1;
}

static int decode_whole(const char *path, bool header_only, Image *image)
{
    Encoded encoded = {.path = path};
    *image = (Image){0};
    uint8_t *bytes = file_read_whole(path, MOST_BYTES, &encoded.count);
    if (!bytes)
        return -1;
    encoded.bytes = bytes;
    int result = decode(&encoded, header_only, image);
    free(bytes);
    return result;
}

int image_read(const char *path, Image *image)
{
    return decode_whole(path, false, image);
}

int image_read16(const char *path, Image16 *image)
{
    Image read = {0};
    *image = (Image16){0};
    if (image_read(path, &read) != 0)
        return -1;
    size_t count = (size_t)read.width * (size_t)read.height * 3;
    *image = (Image16){read.width, read.height, memory_array(count, sizeof *image->rgb)};
    for (size_t i = 0; i < count; i++)
        image->rgb[i] = (uint16_t)(read.rgb[i] * 257);
    image_free(&read);
    return 0;
}

/* The first bytes of a regular file, at most HEADER_BYTES; NULL if it cannot be read. */
static uint8_t *read_beginning(const char *path, size_t *count)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return NULL;
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return NULL;
    uint8_t *bytes = memory_new(HEADER_BYTES);
    *count = fread(bytes, 1, HEADER_BYTES, stream);
    fclose(stream);
    return bytes;
}

/* Headers are nearly always near the beginning. Where they are not, or something is wrong, the
 * whole file decides (and words the error). */
int image_read_size(const char *path, int *width, int *height)
{
    Encoded beginning = {.path = path};
    Image image = {0};
    uint8_t *bytes = read_beginning(path, &beginning.count);
    beginning.bytes = bytes;
    int result = bytes ? decode(&beginning, true, &image) : -1;
    free(bytes);
    if (result != 0) {
        error_clear();
        result = decode_whole(path, true, &image);
    }
    *width = image.width;
    *height = image.height;
    return result;
}
