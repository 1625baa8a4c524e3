/* Rows on their way to a file: resampled as they come, rounded. */
#include "upscale/rows.h"

#include "core/random.h"
#include "tests/pictures.h"
#include "tests/unit.h"
#include "upscale/pixels.h"

typedef struct Kept {
    int rows;
    uint8_t *bytes;
} Kept;

static int keep(void *context, const void *rows, int count)
{
    Kept *kept = context;
    memcpy(kept->bytes + kept->rows * 3, rows, (size_t)count * 3);
    kept->rows += count;
    return 0;
}

static int keep_image(void *context, const void *rows, int count)
{
    Image *image = context;
    size_t bytes = (size_t)count * (size_t)image->width * 3;
    memcpy(image->rgb, rows, bytes);
    image->rgb += bytes;
    return 0;
}

/* The picture through the stage, in bands of `band` rows. */
static Image resampled_in_bands(const Image *image, int width, int height, Kernel kernel, int band)
{
    Image result = image_new(width, height), at = result;
    Pixels pixels = pixels_of_image(image);
    RowSink *rounding = rounding_new(width, height, 3, 8, keep_image, &at);
    RowSink *resize = resize_new(image->width, image->height, kernel, rounding);
    for (int y = 0; y < image->height; y += band) {
        int count = image->height - y < band ? image->height - y : band;
        float *planes[3];
        for (int c = 0; c < 3; c++) {
            planes[c] = calloc((size_t)(count * image->width), sizeof(float));
            pixels_to_plane(&pixels, c, 0, y, image->width, count, planes[c]);
        }
        CHECK(resize->take(resize, planes, count) == 0);
        for (int c = 0; c < 3; c++)
            free(planes[c]);
    }
    CHECK(at.rgb == result.rgb + (size_t)width * (size_t)height * 3);
    resize_free(resize);
    rounding_free(rounding);
    return result;
}

TEST(rows_are_resampled_as_whole_pictures_are)
{
    static const int EXTENTS[][2] = {{40, 29}, {97, 61}, {200, 150}, {1, 1}, {97, 3}, {13, 200}};
    static const Kernel KERNELS[] = {KERNEL_BICUBIC, KERNEL_LANCZOS3, KERNEL_BILINEAR};
    Image image = test_picture(97, 61, 0);
    for (int e = 0; e < 6; e++)
        for (int k = 0; k < 3; k++) {
            int w = EXTENTS[e][0], h = EXTENTS[e][1], differing = 0;
            Image whole = image_resample(&image, w, h, KERNELS[k]);
            Image rows = resampled_in_bands(&image, w, h, KERNELS[k], 7 + 20 * k);
            for (int i = 0; i < w * h * 3; i++) {
                CHECK(abs(whole.rgb[i] - rows.rgb[i]) <= 1);
                differing += whole.rgb[i] != rows.rgb[i];
            }
            CHECK(differing <= w * h * 3 / 200); /* sums in another order round otherwise */
            image_free(&whole);
            image_free(&rows);
        }
    image_free(&image);
}

TEST(values_are_rounded_and_clipped)
{
    static float values[] = {-1, 0, 0.4999f / 255, 0.5001f / 255, 1, 1.5f, NAN};
    static const int BYTES[] = {0, 0, 0, 1, 255, 255, 0};
    uint8_t bytes[7 * 3];
    Kept kept = {.bytes = bytes};
    float *planes[3] = {values, values, values};
    RowSink *rounding = rounding_new(1, 7, 3, 8, keep, &kept);
    CHECK(rounding->take(rounding, planes, 7) == 0);
    rounding_free(rounding);
    CHECK(kept.rows == 7);
    for (int i = 0; i < 7 * 3; i++)
        CHECK(bytes[i] == BYTES[i / 3]);
}

TEST(pixels_of_every_depth_and_channel_survive_planes)
{
    enum { COUNT = 35 };
    for (int depth = 8; depth <= 16; depth += 8)
        for (int channels = 1; channels <= 4; channels++) {
            uint16_t values[COUNT * 4], again[COUNT * 4];
            Random random = random_stream(1, RANDOM_TEST, (uint64_t)depth, (uint32_t)channels);
            for (int i = 0; i < COUNT * channels; i++) {
                unsigned value = (unsigned)(random_uniform(&random) * 65535.9);
                if (depth == 16)
                    values[i] = (uint16_t)value;
                else
                    ((uint8_t *)values)[i] = (uint8_t)(value >> 8);
            }
            Pixels pixels = {7, 5, channels, depth, values, 0};
            float store[4][COUNT], *planes[4] = {store[0], store[1], store[2], store[3]};
            for (int c = 0; c < channels; c++)
                pixels_to_plane(&pixels, c, 0, 0, 7, 5, planes[c]);
            pixels_from_planes(planes, channels, COUNT, depth, again);
            CHECK(memcmp(values, again, (size_t)(COUNT * channels * depth / 8)) == 0);
        }
}

TEST(pixels_beyond_the_edge_are_mirrored)
{
    static const uint8_t GRAY[] = {10, 20, 30};
    Pixels pixels = {3, 1, 1, 8, GRAY, 0};
    float plane[7];
    pixels_to_plane(&pixels, 0, 0, 0, 7, 1, plane);
    static const int EXPECTED[] = {10, 20, 30, 20, 10, 20, 30};
    for (int i = 0; i < 7; i++)
        CHECK_NEAR(plane[i] * 255, EXPECTED[i], 1e-4);
}
