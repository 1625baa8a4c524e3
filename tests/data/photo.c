/* Pictures with all that they hold: what is written reads back, bit for bit. */
#include "data/photo.h"

#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/data/photos.h"
#include "tests/data/pictures.h"
#include "tests/unit.h"

static void check_round_trip(PhotoFormat format, PhotoHeader h, PhotoSettings settings)
{
    Photo back;
    char name[100];
    snprintf(name, sizeof name, "trip-%dx%d.%s", h.channels, h.depth,
             photo_format_extension(format));
    const char *path = unit_scratch(name);
    uint8_t *samples = picture_samples(&h);
    picture_write(path, format, &h, &settings, samples);
    REQUIRE(photo_read(path, &back) == 0);
    CHECK(back.format == format && back.pages == 1 && back.header.width == h.width);
    CHECK(back.header.height == h.height && back.header.channels == h.channels);
    CHECK(back.header.depth == h.depth);
    CHECK(memcmp(samples, back.pixels, picture_sample_bytes(&h)) == 0);
    photo_free(&back);
    free(samples);
}

TEST(png_keeps_gray_colour_alpha_and_both_depths_bit_for_bit)
{
    for (int channels = 1; channels <= 4; channels++)
        for (int depth = 8; depth <= 16; depth += 8)
            check_round_trip(PHOTO_PNG, (PhotoHeader){37, 23, channels, depth, {.unit = 0}},
                             (PhotoSettings){.level = channels});
}

TEST(tiff_keeps_gray_colour_alpha_and_both_depths_bit_for_bit_however_packed)
{
    for (int packing = PHOTO_PACKING_DEFLATE; packing <= PHOTO_PACKING_NONE; packing++)
        for (int channels = 1; channels <= 4; channels++)
            for (int depth = 8; depth <= 16; depth += 8)
                check_round_trip(PHOTO_TIFF, (PhotoHeader){37, 23, channels, depth, {.unit = 0}},
                                 (PhotoSettings){.packing = (PhotoPacking)packing});
}

TEST(lossless_webp_keeps_colour_and_alpha_bit_for_bit)
{
    for (int channels = 3; channels <= 4; channels++)
        check_round_trip(PHOTO_WEBP, (PhotoHeader){37, 23, channels, 8, {.unit = 0}},
                         (PhotoSettings){.lossless = true});
}

TEST(what_takes_several_strips_and_pieces_of_rows_is_whole)
{
    check_round_trip(PHOTO_TIFF, (PhotoHeader){1500, 400, 4, 16, {.unit = 0}}, (PhotoSettings){0});
    check_round_trip(PHOTO_PNG, (PhotoHeader){1500, 400, 4, 16, {.unit = 0}}, (PhotoSettings){0});
}

/* The largest difference to a smooth picture that was written with loss. */
static int loss_of(PhotoFormat format, int channels, PhotoSettings settings)
{
    Image smooth = picture_gradient(64, 48);
    uint8_t *samples = malloc(64 * 48 * 3);
    for (int i = 0; i < 64 * 48 * channels; i++)
        samples[i] = smooth.rgb[channels == 3 ? i : 3 * i];
    PhotoHeader h = {64, 48, channels, 8, {.unit = 0}};
    const char *path = unit_scratch("lossy");
    picture_write(path, format, &h, &settings, samples);
    Photo back;
    REQUIRE(photo_read(path, &back) == 0);
    CHECK(back.header.channels == (format == PHOTO_WEBP ? 3 : channels));
    int most = 0, step = back.header.channels / channels;
    for (int i = 0; i < 64 * 48 * channels; i++) {
        int difference = abs(samples[i] - ((uint8_t *)back.pixels)[i * step]);
        most = difference > most ? difference : most;
    }
    photo_free(&back);
    free(samples);
    image_free(&smooth);
    return most;
}

TEST(lossy_formats_keep_smooth_colours_and_gray_nearly)
{
    CHECK(loss_of(PHOTO_JPEG, 3, (PhotoSettings){0}) <= 4);
    CHECK(loss_of(PHOTO_JPEG, 1, (PhotoSettings){0}) <= 3);
    CHECK(loss_of(PHOTO_WEBP, 3, (PhotoSettings){0}) <= 8);
    CHECK(loss_of(PHOTO_WEBP, 1, (PhotoSettings){.lossless = true}) == 0);
    CHECK(loss_of(PHOTO_JPEG, 3, (PhotoSettings){.quality = 20}) >
          loss_of(PHOTO_JPEG, 3, (PhotoSettings){.quality = 90}));
}
