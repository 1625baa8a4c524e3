#include "data/picture.h"

#include <string.h>

#include "core/vector.h"

Picture picture_take(Workspace *work, int width, int height)
{
    Picture picture = {.width = width, .height = height};
    for (int c = 0; c < 3; c++)
        picture.planes[c] = workspace_take(work, picture_pixels(&picture), sizeof(float));
    return picture;
}

size_t picture_pixels(const Picture *picture)
{
    return (size_t)picture->width * (size_t)picture->height;
}

FOR_EVERY_PROCESSOR
static void split_bytes(const uint8_t *restrict rgb, size_t count, float *restrict r,
                        float *restrict g, float *restrict b)
{
    for (size_t i = 0; i < count; i++) {
        r[i] = rgb[3 * i];
        g[i] = rgb[3 * i + 1];
        b[i] = rgb[3 * i + 2];
    }
}

FOR_EVERY_PROCESSOR
static void split_words(const uint16_t *restrict rgb, size_t count, float *restrict r,
                        float *restrict g, float *restrict b)
{
    for (size_t i = 0; i < count; i++) {
        r[i] = (float)rgb[3 * i] / 257.0f;
        g[i] = (float)rgb[3 * i + 1] / 257.0f;
        b[i] = (float)rgb[3 * i + 2] / 257.0f;
    }
}

/* Loops that convert what comes out get `most` as an argument: of one that the compiler knows it
 * makes branches, and no vectors. */
static float clip(float v, float most)
{
    float low = v > 0 ? v : 0; /* NAN too */
    return low < most ? low : most;
}

FOR_EVERY_PROCESSOR
static void merge_bytes(const float *restrict r, const float *restrict g, const float *restrict b,
                        size_t count, float most, uint8_t *restrict rgb)
{
    for (size_t i = 0; i < count; i++) {
        rgb[3 * i] = (uint8_t)(int)(clip(r[i], most) + 0.5f);
        rgb[3 * i + 1] = (uint8_t)(int)(clip(g[i], most) + 0.5f);
        rgb[3 * i + 2] = (uint8_t)(int)(clip(b[i], most) + 0.5f);
    }
}

FOR_EVERY_PROCESSOR
static void merge_words(const float *restrict r, const float *restrict g, const float *restrict b,
                        size_t count, float most, uint16_t *restrict rgb)
{
    for (size_t i = 0; i < count; i++) {
        rgb[3 * i] = (uint16_t)(int)(clip(r[i] * 257, most) + 0.5f);
        rgb[3 * i + 1] = (uint16_t)(int)(clip(g[i] * 257, most) + 0.5f);
        rgb[3 * i + 2] = (uint16_t)(int)(clip(b[i] * 257, most) + 0.5f);
    }
}

void picture_from_image(const Image *image, int x, int y, const Picture *to)
{
    for (int row = 0; row < to->height; row++) {
        size_t from = ((size_t)(y + row) * (size_t)image->width + (size_t)x) * 3;
        size_t at = (size_t)row * (size_t)to->width;
        split_bytes(image->rgb + from, (size_t)to->width, to->planes[0] + at, to->planes[1] + at,
                    to->planes[2] + at);
    }
}

void picture_from_image16(const Image16 *image, int x, int y, const Picture *to)
{
    for (int row = 0; row < to->height; row++) {
        size_t from = ((size_t)(y + row) * (size_t)image->width + (size_t)x) * 3;
        size_t at = (size_t)row * (size_t)to->width;
        split_words(image->rgb + from, (size_t)to->width, to->planes[0] + at, to->planes[1] + at,
                    to->planes[2] + at);
    }
}

void picture_from_bytes(const uint8_t *rgb, const Picture *to)
{
    split_bytes(rgb, picture_pixels(to), to->planes[0], to->planes[1], to->planes[2]);
}

void picture_to_bytes(const Picture *p, uint8_t *rgb)
{
    merge_bytes(p->planes[0], p->planes[1], p->planes[2], picture_pixels(p), 255, rgb);
}

void picture_from_words(const uint16_t *rgb, const Picture *to)
{
    split_words(rgb, picture_pixels(to), to->planes[0], to->planes[1], to->planes[2]);
}

void picture_to_words(const Picture *p, uint16_t *rgb)
{
    merge_words(p->planes[0], p->planes[1], p->planes[2], picture_pixels(p), 65535, rgb);
}

FOR_EVERY_PROCESSOR
static void fill_luma(const float *r, const float *g, const float *b, size_t count, float *luma)
{
    for (size_t i = 0; i < count; i++)
        luma[i] = 0.299f * r[i] + 0.587f * g[i] + 0.114f * b[i];
}

void picture_luma(const Picture *p, const Plane *luma)
{
    fill_luma(p->planes[0], p->planes[1], p->planes[2], picture_pixels(p), luma->values);
}

void picture_copy(const Picture *from, const Picture *to)
{
    for (int c = 0; c < 3; c++)
        memcpy(to->planes[c], from->planes[c], picture_pixels(from) * sizeof(float));
}

FOR_EVERY_PROCESSOR
static void clip_values(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = clip(values[i], 255);
}

void picture_clip(const Picture *picture)
{
    for (int c = 0; c < 3; c++)
        clip_values(picture->planes[c], picture_pixels(picture));
}

FOR_EVERY_PROCESSOR
static void round_values(float *values, size_t count, float levels)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(int)(clip(values[i] * levels, 255 * levels) + 0.5f) / levels;
}

void picture_round(const Picture *picture, int depth)
{
    for (int c = 0; c < 3; c++)
        round_values(picture->planes[c], picture_pixels(picture), depth == 16 ? 257.0f : 1.0f);
}
