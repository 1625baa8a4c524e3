#include "upscale/pixels.h"

#include "core/vector.h"

Pixels pixels_of_image(const Image *image)
{
    return (Pixels){.width = image->width,
                    .height = image->height,
                    .channels = 3,
                    .depth = 8,
                    .values = image->rgb};
}

bool pixels_have_alpha(const Pixels *p)
{
    return p->channels % 2 == 0;
}

int pixels_colours(const Pixels *p)
{
    return p->channels < 3 ? 1 : 3;
}

/* i, or where it is mirrored about the last sample; 0..count-1. */
static int mirror(int i, int count)
{
    if (count == 1)
        return 0;
    int period = 2 * (count - 1);
    i %= period;
    return i < count ? i : period - i;
}

static const void *row_of(const Pixels *p, int y)
{
    ptrdiff_t stride = p->stride ? p->stride : (ptrdiff_t)p->width * p->channels * (p->depth / 8);
    return (const char *)p->values + stride * y;
}

/* Divided, so that a 16-bit value that is 257 times an 8-bit one becomes the same number. */
static float value_at(const Pixels *p, const void *row, size_t at)
{
    if (p->depth == PIXELS_FLOAT)
        return ((const float *)row)[at];
    return p->depth == 8 ? (float)((const uint8_t *)row)[at] / 255
                         : (float)((const uint16_t *)row)[at] / 65535;
}

void pixels_to_plane(const Pixels *p, int channel, int x, int y, int w, int h, float *plane)
{
    for (int row = 0; row < h; row++) {
        const void *from = row_of(p, mirror(y + row, p->height));
        for (int column = 0; column < w; column++) {
            size_t pixel = (size_t)mirror(x + column, p->width);
            *plane++ = value_at(p, from, pixel * (size_t)p->channels + (size_t)channel);
        }
    }
}

bool pixels_are_constant(const Pixels *p, int channel, float *value)
{
    *value = value_at(p, p->values, (size_t)channel);
    for (int y = 0; y < p->height; y++) {
        const void *row = row_of(p, y);
        for (int x = 0; x < p->width; x++)
            if (value_at(p, row, (size_t)x * (size_t)p->channels + (size_t)channel) != *value)
                return false;
    }
    return true;
}

/* The comparisons send NAN to 0. */
static inline float level(float value, float most)
{
    float scaled = value * most + 0.5f;
    scaled = scaled > 0 ? scaled : 0;
    return scaled < most + 0.5f ? scaled : most;
}

FOR_EVERY_PROCESSOR
static void to_bytes(const float *plane, size_t step, size_t count, uint8_t *to)
{
    for (size_t i = 0; i < count; i++)
        to[i * step] = (uint8_t)(int)level(plane[i], 255);
}

FOR_EVERY_PROCESSOR
static void to_words(const float *plane, size_t step, size_t count, uint16_t *to)
{
    for (size_t i = 0; i < count; i++)
        to[i * step] = (uint16_t)(int)level(plane[i], 65535);
}

void pixels_from_planes(float *const *planes, int channels, size_t count, int depth, void *values)
{
    for (int c = 0; c < channels; c++) {
        if (depth == 8)
            to_bytes(planes[c], (size_t)channels, count, (uint8_t *)values + c);
        else
            to_words(planes[c], (size_t)channels, count, (uint16_t *)values + c);
    }
}
