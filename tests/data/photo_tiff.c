/* TIFF as other programs write it: libtiff in all its ways. */
#include <stdio.h>
#include <tiffio.h>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "data/image.h"
#include "tests/data/photos.h"
#include "tests/unit.h"

enum { WIDTH = 70, HEIGHT = 50 };

/* How a test file is laid out; what is 0 is left at TIFF's usual. */
typedef struct Kind {
    int channels, depth, tile;
    bool separate, big, big_endian;
    int compression, orientation;
    int extra; /* what extra samples are said to be */
} Kind;

static TIFF *begin(const char *path, const Kind *k, int photometric)
{
    char mode[8];
    snprintf(mode, sizeof mode, "w%c%s", k->big_endian ? 'b' : 'l', k->big ? "8" : "");
    TIFF *tiff = TIFFOpen(path, mode);
    uint16_t extra = (uint16_t)k->extra;
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, k->depth);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, k->channels);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
                 k->separate ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, k->compression ? k->compression : COMPRESSION_NONE);
    if (k->channels % 2 == 0)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
    if (k->orientation)
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, k->orientation);
    if (k->tile) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, k->tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, k->tile);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16);
    }
    return tiff;
}

static int colours_of(const Kind *k)
{
    return k->channels >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
}

/* Where a sample lies in a whole interleaved picture, in bytes. */
static const uint8_t *sample_at(const Kind *k, const uint8_t *samples, int x, int y, int c)
{
    return samples + (((size_t)y * WIDTH + (size_t)x) * (size_t)k->channels + (size_t)c) *
                         (size_t)(k->depth / 8);
}

/* A tile or strip of one plane, or of all samples together. */
static void fill_piece(const Kind *k, const uint8_t *samples, int x0, int y0, int width, int height,
                       int plane, uint8_t *to)
{
    size_t bytes = (size_t)(k->depth / 8);
    int from = k->separate ? plane : 0, until = k->separate ? plane + 1 : k->channels;
    for (int y = y0; y < y0 + height; y++)
        for (int x = x0; x < x0 + width; x++)
            for (int c = from; c < until; c++, to += bytes)
                if (x < WIDTH && y < HEIGHT)
                    memcpy(to, sample_at(k, samples, x, y, c), bytes);
}

static const char *write_tiff(const char *name, const Kind *k, int photometric,
                              const uint8_t *samples)
{
    const char *path = unit_scratch(name);
    TIFF *tiff = begin(path, k, photometric);
    uint8_t *piece = calloc(128 * 128, 8);
    int width = k->tile ? k->tile : WIDTH, height = k->tile ? k->tile : 16;
    for (int plane = 0; plane < (k->separate ? k->channels : 1); plane++)
        for (int y = 0; y < HEIGHT; y += height)
            for (int x = 0; x < WIDTH; x += width) {
                int rows = k->tile || HEIGHT - y > height ? height : HEIGHT - y;
                int pixel = (k->separate ? 1 : k->channels) * k->depth / 8;
                fill_piece(k, samples, x, y, width, rows, plane, piece);
                if (k->tile)
                    TIFFWriteTile(tiff, piece, (uint32_t)x, (uint32_t)y, 0, (uint16_t)plane);
                else
                    TIFFWriteEncodedStrip(tiff,
                                          TIFFComputeStrip(tiff, (uint32_t)y, (uint16_t)plane),
                                          piece, (tmsize_t)rows * width * pixel);
            }
    TIFFClose(tiff);
    free(piece);
    return path;
}

static PhotoHeader header_of(const Kind *k)
{
    return (PhotoHeader){WIDTH, HEIGHT, k->channels, k->depth, {.unit = 0}};
}

static void check_reads(const Kind *k)
{
    PhotoHeader h = header_of(k);
    uint8_t *samples = picture_samples(&h);
    Photo photo;
    int width, height;
    const char *path = write_tiff("kind.tif", k, colours_of(k), samples);
    REQUIRE(photo_read(path, &photo) == 0);
    CHECK(photo.header.channels == k->channels && photo.header.depth == k->depth);
    CHECK(memcmp(photo.pixels, samples, picture_sample_bytes(&h)) == 0);
    CHECK(image_read_size(path, &width, &height) == 0 && width == WIDTH && height == HEIGHT);
    photo_free(&photo);
    free(samples);
}

TEST(tiff_reads_strips_and_tiles_together_and_apart_in_both_byte_orders)
{
    for (int i = 0; i < 128; i++) {
        Kind k = {.channels = 1 + i % 4,
                  .depth = i & 4 ? 16 : 8,
                  .tile = i & 8 ? 32 : 0,
                  .separate = i & 16,
                  .big_endian = i & 32,
                  .big = i & 64,
                  .compression = i % 3 ? i % 3 == 1 ? COMPRESSION_LZW : COMPRESSION_ADOBE_DEFLATE
                                       : COMPRESSION_PACKBITS,
                  .extra = EXTRASAMPLE_UNASSALPHA};
        check_reads(&k);
    }
}

TEST(tiff_for_training_is_what_png_of_the_same_picture_is)
{
    for (int i = 0; i < 8; i++) {
        Kind k = {.channels = 1 + i % 4, .depth = i & 4 ? 16 : 8, .extra = EXTRASAMPLE_UNASSALPHA};
        PhotoHeader h = header_of(&k);
        uint8_t *samples = picture_samples(&h);
        Image16 a, b;
        const char *png = unit_scratch("same.png");
        picture_write(png, PHOTO_PNG, &h, &(PhotoSettings){0}, samples);
        REQUIRE(image_read16(write_tiff("same.tif", &k, colours_of(&k), samples), &a) == 0);
        REQUIRE(image_read16(png, &b) == 0);
        CHECK(memcmp(a.rgb, b.rgb, WIDTH * HEIGHT * 6) == 0);
        image16_free(&a);
        image16_free(&b);
        free(samples);
    }
}

TEST(tiff_orientation_turns_pixels_as_exif_s_does)
{
    Kind k = {.channels = 3, .depth = 8};
    PhotoHeader h = header_of(&k);
    uint8_t *samples = picture_samples(&h);
    for (int o = 1; o <= 8; o++) {
        Photo tiff, png;
        k.orientation = o;
        h.notes.exif = picture_whole_exif(o, false);
        const char *other = unit_scratch("turned.png");
        picture_write(other, PHOTO_PNG, &h, &(PhotoSettings){0}, samples);
        REQUIRE(photo_read(write_tiff("turned.tif", &k, PHOTOMETRIC_RGB, samples), &tiff) == 0);
        REQUIRE(photo_read(other, &png) == 0);
        CHECK(tiff.header.width == png.header.width &&
              tiff.header.width == (o < 5 ? WIDTH : HEIGHT));
        CHECK(memcmp(tiff.pixels, png.pixels, picture_sample_bytes(&h)) == 0);
        photo_free(&tiff);
        photo_free(&png);
        photo_notes_free(&h.notes);
    }
    free(samples);
}

TEST(white_is_zero_where_tiff_says_so)
{
    for (int depth = 8; depth <= 16; depth += 8) {
        Kind k = {.channels = 2, .depth = depth, .extra = EXTRASAMPLE_UNASSALPHA};
        PhotoHeader h = header_of(&k);
        uint8_t *samples = picture_samples(&h);
        Photo photo;
        REQUIRE(photo_read(write_tiff("white.tif", &k, PHOTOMETRIC_MINISWHITE, samples), &photo) ==
                0);
        size_t step = (size_t)depth / 8;
        for (size_t i = 0; i < picture_sample_bytes(&h); i++) {
            uint8_t expected = i / step % 2 ? samples[i] : (uint8_t)~samples[i];
            CHECK(((uint8_t *)photo.pixels)[i] == expected);
        }
        photo_free(&photo);
        free(samples);
    }
}

TEST(premultiplied_colours_are_divided_by_alpha)
{
    Kind k = {.channels = 4, .depth = 8, .extra = EXTRASAMPLE_ASSOCALPHA};
    uint8_t *samples = calloc(WIDTH * HEIGHT, 4);
    static const uint8_t STORED[] = {64, 32, 0, 128, 10, 20, 30, 255, 0, 0, 0, 0, 9, 200, 3, 10};
    static const uint8_t EXPECTED[] = {128, 64, 0, 128, 10,  20,  30, 255,
                                       0,   0,  0, 0,   230, 255, 77, 10};
    memcpy(samples, STORED, sizeof STORED);
    Photo photo;
    REQUIRE(photo_read(write_tiff("pre.tif", &k, PHOTOMETRIC_RGB, samples), &photo) == 0);
    CHECK(memcmp(photo.pixels, EXPECTED, sizeof EXPECTED) == 0);
    photo_free(&photo);
    free(samples);
}

TEST(extra_samples_that_are_not_alpha_are_left_out)
{
    for (int separate = 0; separate < 2; separate++) {
        Kind k = {.channels = 4, .depth = 16, .separate = separate};
        PhotoHeader h = header_of(&k);
        uint8_t *samples = picture_samples(&h);
        Photo photo;
        REQUIRE(photo_read(write_tiff("extra.tif", &k, PHOTOMETRIC_RGB, samples), &photo) == 0);
        CHECK(photo.header.channels == 3);
        for (size_t i = 0; i < WIDTH * HEIGHT; i++)
            CHECK(memcmp((uint8_t *)photo.pixels + i * 6, samples + i * 8, 6) == 0);
        photo_free(&photo);
        free(samples);
    }
}

/* Rows of 1, 2, 4 or 8 bits whose value grows along x, as gray or palette. */
static const char *write_small(int bits, int photometric, bool deep_palette)
{
    Kind k = {.channels = 1, .depth = bits};
    const char *path = unit_scratch("small.tif");
    TIFF *tiff = begin(path, &k, photometric);
    uint16_t map[3][256];
    for (int i = 0; i < 256; i++) {
        map[0][i] = (uint16_t)(i * (deep_palette ? 257 : 1));
        map[1][i] = (uint16_t)((255 - i) * (deep_palette ? 257 : 1));
        map[2][i] = (uint16_t)(7 * (deep_palette ? 257 : 1));
    }
    if (photometric == PHOTOMETRIC_PALETTE)
        TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0], map[1], map[2]);
    uint8_t row[WIDTH] = {0};
    for (int x = 0; x < WIDTH; x++)
        row[x * bits / 8] |= (uint8_t)((x & ((1 << bits) - 1)) << (8 - bits - x * bits % 8));
    for (uint32_t y = 0; y < HEIGHT; y++)
        TIFFWriteScanline(tiff, row, y, 0);
    TIFFClose(tiff);
    return path;
}

TEST(few_bits_and_palettes_are_expanded)
{
    for (int bits = 1; bits <= 8; bits *= 2)
        for (int kind = 0; kind < 4; kind++) {
            static const int KINDS[] = {PHOTOMETRIC_MINISBLACK, PHOTOMETRIC_MINISWHITE,
                                        PHOTOMETRIC_PALETTE, PHOTOMETRIC_PALETTE};
            Photo photo;
            REQUIRE(photo_read(write_small(bits, KINDS[kind], kind == 2), &photo) == 0);
            REQUIRE(photo.header.channels == (kind < 2 ? 1 : 3) && photo.header.depth == 8);
            int most = (1 << bits) - 1, value = 69 & most;
            const uint8_t *last =
                (uint8_t *)photo.pixels + (WIDTH * HEIGHT - 1) * photo.header.channels;
            int gray = value * 255 / most;
            CHECK(last[0] == (kind == 0 ? gray : kind == 1 ? 255 - gray : value));
            if (kind >= 2)
                CHECK(last[1] == 255 - value && last[2] == 7);
            photo_free(&photo);
        }
}

static void check_refused(const char *path, const char *reason)
{
    Photo photo;
    CHECK(photo_read(path, &photo) == -1 && photo.pixels == NULL);
    CHECK(strstr(error_message(), path) != NULL);
    CHECK_ERROR(ERROR_FORMAT, reason);
}

/* One more tag on an otherwise good picture. */
static const char *write_with(uint32_t tag, int value, int photometric, int channels)
{
    Kind k = {.channels = channels, .depth = 16};
    const char *path = unit_scratch("with.tif");
    TIFF *tiff = begin(path, &k, photometric);
    uint16_t row[WIDTH * 4] = {0};
    if (channels == 4)
        TIFFUnsetField(tiff, TIFFTAG_EXTRASAMPLES);
    TIFFSetField(tiff, tag, value);
    for (uint32_t y = 0; y < HEIGHT; y++)
        TIFFWriteScanline(tiff, row, y, 0);
    TIFFClose(tiff);
    return path;
}

TEST(tiff_that_is_no_plain_picture_is_refused_clearly)
{
    check_refused(write_with(TIFFTAG_INKSET, INKSET_CMYK, PHOTOMETRIC_SEPARATED, 4),
                  "that is CMYK");
    check_refused(write_with(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP, PHOTOMETRIC_RGB, 3),
                  "floating-point");
    check_refused(write_with(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_INT, PHOTOMETRIC_RGB, 3),
                  "signed numbers");
    check_refused(write_with(TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE, PHOTOMETRIC_RGB, 3),
                  "begins with a preview");
    check_refused(write_with(TIFFTAG_ORIENTATION, 1, PHOTOMETRIC_ICCLAB, 3),
                  "photometric interpretation 9");
}

TEST(the_first_page_is_read_and_the_others_are_counted)
{
    Kind k = {.channels = 3, .depth = 8};
    const char *path = unit_scratch("pages.tif");
    TIFF *tiff = begin(path, &k, PHOTOMETRIC_RGB);
    for (int page = 0; page < 4; page++) {
        uint8_t row[WIDTH * 3];
        memset(row, 10 + page, sizeof row);
        for (uint32_t y = 0; y < HEIGHT; y++)
            TIFFWriteScanline(tiff, row, y, 0);
        TIFFWriteDirectory(tiff);
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
        TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16);
        TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, page == 1 ? FILETYPE_REDUCEDIMAGE : 0);
    }
    TIFFClose(tiff);
    Photo photo;
    REQUIRE(photo_read(path, &photo) == 0);
    CHECK(photo.pages == 3); /* the third of four is a preview */
    CHECK(((uint8_t *)photo.pixels)[0] == 10);
    photo_free(&photo);
}

TEST(a_tiff_that_claims_too_much_is_refused_before_allocating)
{
    /* Width and height are the first two entries of libtiff's directory, which lies at the end. */
    Kind k = {.channels = 3, .depth = 8};
    PhotoHeader h = header_of(&k);
    uint8_t *samples = picture_samples(&h);
    const char *path = write_tiff("huge.tif", &k, PHOTOMETRIC_RGB, samples);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    uint32_t directory;
    memcpy(&directory, bytes + 4, 4);
    bytes[directory + 2 + 10] = 1; /* 65536 more, both ways */
    bytes[directory + 2 + 12 + 10] = 1;
    bytes[directory + 2 + 2] = bytes[directory + 2 + 12 + 2] = 4; /* LONG */
    CHECK(file_write_whole(path, bytes, count) == 0);
    check_refused(path, "65606 x 65586 pixels, the limits are 65536 a side and 2^28 in all");
    free(bytes);
    free(samples);
}

/* Few pixels, but 60000 samples of each. */
TEST(a_tiff_whose_strips_would_fill_the_memory_is_refused_before_allocating)
{
    Kind k = {.channels = 3, .depth = 8};
    const char *path = unit_scratch("samples.tif");
    TIFF *tiff = begin(path, &k, PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 60000);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 4000);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 60000);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 4000);
    uint8_t byte = 0;
    TIFFWriteRawStrip(tiff, 0, &byte, 1);
    TIFFClose(tiff);
    check_refused(path, "has strips or tiles of a size that cannot be");
}

TEST(truncated_tiff_is_refused_wherever_it_ends)
{
    Kind k = {.channels = 3, .depth = 8, .compression = COMPRESSION_LZW};
    PhotoHeader h = header_of(&k);
    uint8_t *samples = picture_samples(&h);
    const char *path = write_tiff("cut.tif", &k, PHOTOMETRIC_RGB, samples);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    for (size_t keep = 4; keep < count; keep += count / 40) {
        CHECK(file_write_whole(path, bytes, keep) == 0);
        check_refused(path, "damaged or truncated TIFF");
    }
    free(bytes);
    free(samples);
}

TEST(changed_bytes_never_crash_the_tiff_reader)
{
    PhotoHeader h = {40, 30, 4, 8, {.unit = 0}};
    h.notes = picture_notes(&h, 1, false);
    uint8_t *samples = picture_samples(&h);
    const char *path = unit_scratch("changed.tif");
    picture_write(path, PHOTO_TIFF, &h, &(PhotoSettings){0}, samples);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    Random random = random_stream(12, RANDOM_TEST, 0, 0);
    for (int round = 0; round < 600; round++) {
        uint8_t *changed = malloc(count);
        memcpy(changed, bytes, count);
        for (int i = 0; i < 1 + round % 4; i++) { /* mostly the directories */
            size_t first = round % 3 ? count - 400 : 4;
            changed[first + random_below(&random, (uint32_t)(count - first))] =
                (uint8_t)random_word(&random);
        }
        Photo photo;
        int result = photo_decode(changed, count, "changed", &photo);
        CHECK(result == 0 ? photo.pixels != NULL : error_pending() == ERROR_FORMAT);
        error_clear();
        photo_free(&photo);
        free(changed);
    }
    free(bytes);
    free(samples);
    photo_notes_free(&h.notes);
}
