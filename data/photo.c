/* Reading pictures with all that they hold. */
#include "data/photo.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "data/exif.h"
#include "data/image_codecs.h"

void photo_notes_free(PhotoNotes *notes)
{
    block_free(&notes->profile);
    block_free(&notes->exif);
    block_free(&notes->xmp);
    *notes = (PhotoNotes){0};
}

void photo_free(Photo *photo)
{
    free(photo->pixels);
    photo_notes_free(&photo->header.notes);
    *photo = (Photo){0};
}

/* The big-endian size that an ICC profile begins with. */
static size_t profile_size(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* ICC.1:2010, 7.2: the size in bytes 0 to 3, the colour space in 16 to 19, "acsp" in 36 to 39. */
static void settle_profile(Decoded *d)
{
    PhotoBlock *profile = &d->notes.profile;
    if (!profile->bytes)
        return;
    bool whole = profile->count >= 128 && memcmp(profile->bytes + 36, "acsp", 4) == 0 &&
                 profile_size(profile->bytes) >= 128 &&
                 profile_size(profile->bytes) <= profile->count;
    bool rgb = whole && memcmp(profile->bytes + 16, "RGB ", 4) == 0;
    bool gray = whole && memcmp(profile->bytes + 16, "GRAY", 4) == 0;
    if (rgb)
        decoded_spread(d);
    if (rgb || (gray && d->channels <= 2))
        profile->count = profile_size(profile->bytes);
    else
        block_free(profile);
}

static void settle_exif(PhotoNotes *notes)
{
    exif_set_upright(&notes->exif);
    bool turns = exif_orientation(notes->exif.bytes, notes->exif.count) != 1;
    if (turns || !exif_is_whole(&notes->exif)) /* of a damaged block, or none */
        block_free(&notes->exif);
    exif_drop_thumbnail(&notes->exif);
    xmp_set_upright(&notes->xmp);
}

static void turn_resolution(PhotoNotes *notes)
{
    double x = notes->x_resolution;
    notes->x_resolution = notes->y_resolution;
    notes->y_resolution = x;
}

static void settle(Decoded *d)
{
    settle_profile(d);
    settle_exif(&d->notes);
    if (d->orientation >= 5)
        turn_resolution(&d->notes);
    decoded_orient(d);
}

int photo_decode(const void *bytes, size_t count, const char *name, Photo *photo)
{
    Encoded encoded = {name, bytes, count};
    Decoded d = {0};
    *photo = (Photo){0};
    ImageDecoder *decoder = image_find_decoder(&encoded, &photo->format);
    if (!decoder)
        return -1;
    if (decoder(&encoded, DECODE_EVERYTHING, &d) != 0) {
        decoded_free(&d);
        *photo = (Photo){0};
        return -1;
    }
    settle(&d);
    photo->header = (PhotoHeader){d.width, d.height, d.channels, d.depth, d.notes};
    photo->pages = d.pages ? d.pages : 1;
    photo->pixels = d.pixels;
    return 0;
}

int photo_read(const char *path, Photo *photo)
{
    size_t count;
    *photo = (Photo){0};
    uint8_t *bytes = file_read_whole(path, IMAGE_MOST_BYTES, &count);
    if (!bytes)
        return -1;
    int result = photo_decode(bytes, count, path, photo);
    free(bytes);
    return result;
}

/* NULL with an error. */
static uint8_t *read_to_end(FILE *stream, const char *name, size_t *count)
{
    size_t capacity = 1 << 16, got;
    uint8_t *bytes = memory_new(capacity);
    *count = 0;
    while (*count <= IMAGE_MOST_BYTES &&
           (got = fread(bytes + *count, 1, capacity - *count, stream)) > 0) {
        *count += got;
        if (*count == capacity)
            bytes = memory_resize(bytes, capacity *= 2, 1);
    }
    if (!ferror(stream) && *count <= IMAGE_MOST_BYTES)
        return bytes;
    if (ferror(stream))
        error_set_errno(ERROR_FILE, "%s: cannot read", name);
    else
        error_set(ERROR_FORMAT, "%s: larger than the %zu bytes allowed here", name,
                  IMAGE_MOST_BYTES);
    free(bytes);
    return NULL;
}

int photo_read_stream(FILE *stream, const char *name, Photo *photo)
{
    size_t count;
    *photo = (Photo){0};
    uint8_t *bytes = read_to_end(stream, name, &count);
    if (!bytes)
        return -1;
    int result = photo_decode(bytes, count, name, photo);
    free(bytes);
    return result;
}
