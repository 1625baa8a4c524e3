#include "tests/data/photos.h"

#include <lcms2.h>
#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "data/tiff_block.h"
#include "tests/unit.h"

PhotoBlock picture_profile(bool gray, double gamma)
{
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
    cmsToneCurve *curve = cmsBuildGamma(NULL, gamma), *curves[3] = {curve, curve, curve};
    cmsHPROFILE profile = gray ? cmsCreateGrayProfile(&white, curve)
                               : cmsCreateRGBProfile(&white, &primaries, curves);
    cmsUInt32Number count = 0;
    cmsSaveProfileToMem(profile, NULL, &count);
    PhotoBlock made = {malloc(count), count};
    cmsSaveProfileToMem(profile, made.bytes, &count);
    cmsCloseProfile(profile);
    cmsFreeToneCurve(curve);
    return made;
}

typedef struct Builder {
    uint8_t *bytes;
    size_t at;
    bool big_endian;
} Builder;

static void put(Builder *b, size_t size, uint32_t value)
{
    for (size_t i = 0; i < size; i++)
        b->bytes[b->at + (b->big_endian ? size - 1 - i : i)] = (uint8_t)(value >> 8 * i);
    b->at += size;
}

static void entry(Builder *b, uint32_t tag, uint32_t type, uint32_t count, uint32_t value)
{
    put(b, 2, tag);
    put(b, 2, type);
    put(b, 4, count);
    put(b, type == 3 ? 2 : 4, value);
    b->at += type == 3 ? 2 : 0;
}

static void text(Builder *b, const char *bytes, size_t count)
{
    memcpy(b->bytes + b->at, bytes, count);
    b->at += count;
}

PhotoBlock picture_whole_exif(int orientation, bool big_endian)
{
    enum { MAKE = 100, EXIF = 110, GPS = 180, EXPOSURE = 220, NOTE = 228, LATITUDE = 252 };
    enum { SECOND = 276, THUMBNAIL = 310, THUMBNAIL_BYTES = 100 };
    PhotoBlock exif = {calloc(1, THUMBNAIL + THUMBNAIL_BYTES), THUMBNAIL + THUMBNAIL_BYTES};
    Builder b = {exif.bytes, 0, big_endian};
    text(&b, big_endian ? "MM" : "II", 2);
    put(&b, 2, 42);
    put(&b, 4, 8);
    put(&b, 2, 5);
    entry(&b, 0x0100, 3, 1, 64);
    entry(&b, 0x010F, 2, 6, MAKE);
    entry(&b, 0x0112, 3, 1, (uint32_t)orientation);
    entry(&b, 0x8769, 4, 1, EXIF);
    entry(&b, 0x8825, 4, 1, GPS);
    put(&b, 4, SECOND);
    b.at = MAKE;
    text(&b, "Canon", 6);
    b.at = EXIF;
    put(&b, 2, 4);
    entry(&b, 0x829A, 5, 1, EXPOSURE);
    entry(&b, 0x927C, 7, 24, NOTE);
    entry(&b, 0xA002, 3, 1, 64);
    entry(&b, 0xA003, 4, 1, 48);
    b.at = GPS;
    put(&b, 2, 1);
    entry(&b, 0x0002, 5, 3, LATITUDE);
    b.at = EXPOSURE;
    put(&b, 4, 1);
    put(&b, 4, 160);
    text(&b, "the maker's own business", 24);
    for (uint32_t i = 0; i < 3; i++) {
        put(&b, 4, 48 + i);
        put(&b, 4, 1);
    }
    put(&b, 2, 2);
    entry(&b, 0x0201, 4, 1, THUMBNAIL);
    entry(&b, 0x0202, 4, 1, THUMBNAIL_BYTES);
    memset(exif.bytes + THUMBNAIL, 0xAB, THUMBNAIL_BYTES);
    return exif;
}

PhotoBlock picture_xmp(int orientation)
{
    char *packet = malloc(600);
    int count = snprintf(
        packet, 600,
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        "rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' "
        "xmlns:tiff='http://ns.adobe.com/tiff/1.0/' xmlns:exif='http://ns.adobe.com/exif/1.0/' "
        "tiff:Orientation=\"%d\" tiff:ImageWidth='64'>"
        "<exif:PixelYDimension>48</exif:PixelYDimension></rdf:Description></rdf:RDF></x:xmpmeta>"
        "<?xpacket end='w'?>",
        orientation);
    return (PhotoBlock){(uint8_t *)packet, (size_t)count};
}

PhotoNotes picture_notes(const PhotoHeader *h, int orientation, bool big_endian)
{
    return (PhotoNotes){.profile = picture_profile(h->channels <= 2, 1.8),
                        .exif = picture_whole_exif(orientation, big_endian),
                        .xmp = picture_xmp(orientation),
                        .x_resolution = 300,
                        .y_resolution = 300,
                        .unit = PHOTO_UNIT_INCH};
}

uint32_t picture_exif_value(const PhotoBlock *exif, uint32_t parent, uint32_t tag)
{
    TiffBlock t;
    uint32_t directory, value;
    if (!exif->bytes || !tiff_open(&t, exif->bytes, exif->count))
        return 0;
    directory = t.directory;
    if (parent && !tiff_value(&t, t.directory, parent, &directory))
        return 0;
    return tiff_value(&t, directory, tag, &value) ? value : 0;
}

size_t picture_sample_bytes(const PhotoHeader *h)
{
    return (size_t)h->width * (size_t)h->height * (size_t)h->channels * (size_t)h->depth / 8;
}

uint8_t *picture_samples(const PhotoHeader *h)
{
    size_t bytes = picture_sample_bytes(h);
    uint8_t *samples = malloc(bytes);
    for (size_t i = 0; i < bytes; i++)
        samples[i] = (uint8_t)((uint32_t)i * 2654435761u >> 13);
    return samples;
}

void picture_write(const char *path, PhotoFormat format, const PhotoHeader *h,
                   const PhotoSettings *settings, const uint8_t *samples)
{
    size_t stride = picture_sample_bytes(h) / (size_t)h->height;
    unlink(path);
    PhotoWriter *w = photo_begin(path, format, h, settings);
    REQUIRE(w != NULL);
    int first = h->height / 3;
    CHECK(photo_rows(w, samples, first) == 0);
    for (int y = first; y < h->height; y++)
        CHECK(photo_rows(w, samples + (size_t)y * stride, 1) == 0);
    CHECK(!file_exists(path));
    CHECK(photo_commit(w) == 0);
    CHECK_NO_ERROR();
}
