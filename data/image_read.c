/* Reading a picture: which decoder, how much of the file, and the limits they share. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/image_codecs.h"

static const uint64_t MOST_PIXELS = (uint64_t)1 << 28;
static const size_t HEADER_BYTES = (size_t)1 << 17; /* holds most headers, EXIF included */

int decoded_prepare(Decoded *d, const Encoded *encoded, uint64_t width, uint64_t height,
                    int channels, int depth, DecodeWhat what)
{
    if (width == 0 || height == 0 || width > IMAGE_MOST_EDGE || height > IMAGE_MOST_EDGE ||
        width * height > MOST_PIXELS)
        return error_set(
            ERROR_FORMAT, "%s: %llu x %llu pixels, the limits are %d a side and 2^28 in all",
            encoded->path, (unsigned long long)width, (unsigned long long)height, IMAGE_MOST_EDGE);
    d->width = (int)width;
    d->height = (int)height;
    d->channels = channels;
    d->depth = depth;
    if (what != DECODE_HEADER)
        d->pixels =
            memory_array((size_t)width * (size_t)height, (size_t)channels * (size_t)depth / 8);
    return 0;
}

void decoded_free(Decoded *d)
{
    free(d->pixels);
    photo_notes_free(&d->notes);
    *d = (Decoded){0};
}

void block_keep(PhotoBlock *block, const uint8_t *bytes, size_t count)
{
    if (block->bytes || count == 0 || count > IMAGE_MOST_NOTE)
        return;
    block->bytes = memory_array(count, 1);
    memcpy(block->bytes, bytes, count);
    block->count = count;
}

void block_free(PhotoBlock *block)
{
    free(block->bytes);
    *block = (PhotoBlock){0};
}

/* 42 in the file's own byte order, or 43 for BigTIFF. */
static bool is_tiff(const Encoded *e)
{
    static const uint8_t MARKS[][4] = {
        {'I', 'I', 42, 0}, {'I', 'I', 43, 0}, {'M', 'M', 0, 42}, {'M', 'M', 0, 43}};
    for (size_t i = 0; e->count >= 4 && i < sizeof MARKS / sizeof *MARKS; i++)
        if (memcmp(e->bytes, MARKS[i], 4) == 0)
            return true;
    return false;
}

static ImageDecoder *find_decoder(const Encoded *e, PhotoFormat *format)
{
    static const uint8_t PNG[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    static const uint8_t JPEG[] = {0xFF, 0xD8, 0xFF};
    if (e->count >= sizeof PNG && memcmp(e->bytes, PNG, sizeof PNG) == 0)
        return *format = PHOTO_PNG, png_decode;
    if (e->count >= sizeof JPEG && memcmp(e->bytes, JPEG, sizeof JPEG) == 0)
        return *format = PHOTO_JPEG, jpeg_decode;
    if (e->count >= 12 && memcmp(e->bytes, "RIFF", 4) == 0 && memcmp(e->bytes + 8, "WEBP", 4) == 0)
        return *format = PHOTO_WEBP, webp_decode;
    if (is_tiff(e))
        return *format = PHOTO_TIFF, tiff_decode;
    return NULL;
}

ImageDecoder *image_find_decoder(const Encoded *encoded, PhotoFormat *format)
{
    ImageDecoder *decoder = find_decoder(encoded, format);
    if (encoded->count == 0)
        error_set(ERROR_FORMAT, "%s: the file is empty", encoded->path);
    else if (!decoder)
        error_set(ERROR_FORMAT, "%s: not a PNG, JPEG, WebP or TIFF picture", encoded->path);
    return decoder;
}

static int decode(const Encoded *encoded, DecodeWhat what, Decoded *decoded)
{
    *decoded = (Decoded){0};
    PhotoFormat format;
    ImageDecoder *decoder = image_find_decoder(encoded, &format);
    if (!decoder)
        return -1;
    if (decoder(encoded, what, decoded) == 0) {
        decoded_spread(decoded);
        decoded_to_srgb(decoded);
        decoded_flatten(decoded);
        decoded_orient(decoded);
        return 0;
    }
    decoded_free(decoded);
    return -1;
}

static int decode_whole(const char *path, DecodeWhat what, Decoded *decoded)
{
    Encoded encoded = {.path = path};
    *decoded = (Decoded){0};
    uint8_t *bytes = file_read_whole(path, IMAGE_MOST_BYTES, &encoded.count);
    if (!bytes)
        return -1;
    encoded.bytes = bytes;
    int result = decode(&encoded, what, decoded);
    free(bytes);
    return result;
}

/* Takes the pixels over as 8 bits. 16 bits are rounded in place. */
static Image to_image(Decoded *d)
{
    size_t count = (size_t)d->width * (size_t)d->height * 3;
    uint8_t *levels = d->pixels;
    if (d->depth == 16) {
        const uint16_t *words = d->pixels;
        for (size_t i = 0; i < count; i++)
            levels[i] = (uint8_t)((words[i] + 128u) / 257);
    }
    Image image = {d->width, d->height, levels};
    d->pixels = NULL;
    decoded_free(d);
    return image;
}

int image_decode(const void *bytes, size_t count, const char *name, Image *image)
{
    Encoded encoded = {name, bytes, count};
    Decoded decoded;
    *image = (Image){0};
    if (decode(&encoded, DECODE_PIXELS, &decoded) != 0)
        return -1;
    *image = to_image(&decoded);
    return 0;
}

int image_read(const char *path, Image *image)
{
    Decoded decoded;
    *image = (Image){0};
    if (decode_whole(path, DECODE_PIXELS, &decoded) != 0)
        return -1;
    *image = to_image(&decoded);
    return 0;
}

int image_read16(const char *path, Image16 *image)
{
    Decoded d;
    *image = (Image16){0};
    if (decode_whole(path, DECODE_PIXELS, &d) != 0)
        return -1;
    size_t count = (size_t)d.width * (size_t)d.height * 3;
    *image = (Image16){d.width, d.height, d.depth == 16 ? d.pixels : NULL};
    if (d.depth == 16) {
        d.pixels = NULL;
    } else {
        const uint8_t *levels = d.pixels;
        image->rgb = memory_array(count, sizeof *image->rgb);
        for (size_t i = 0; i < count; i++)
            image->rgb[i] = (uint16_t)(levels[i] * 257);
    }
    decoded_free(&d);
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
    Decoded header = {0};
    uint8_t *bytes = read_beginning(path, &beginning.count);
    beginning.bytes = bytes;
    int result = bytes ? decode(&beginning, DECODE_HEADER, &header) : -1;
    free(bytes);
    if (result != 0) {
        error_clear();
        result = decode_whole(path, DECODE_HEADER, &header);
    }
    *width = header.width;
    *height = header.height;
    decoded_free(&header);
    return result;
}
