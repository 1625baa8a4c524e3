#include "upscale/pixels.h"

#include "core/vector.h"

Pixels pixels_of_image(const Image *image)
{
    return (Pixels){image->width, image->height, 3, 8, image->rgb};
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

static float value_at(const Pixels *p, size_t at)
{
    return p->depth == 8 ? (float)((const uint8_t *)p->values)[at] * (float)(1.0 / 255)
                         : (float)((const uint16_t *)p->values)[at] * (float)(1.0 / 65535);
}

void pixels_to_plane(const Pixels *p, int channel, int x, int y, int w, int h, float *plane)
{
    for (int row = 0; row < h; row++) {
        size_t from = (size_t)mirror(y + row, p->height) * (size_t)p->width;
        for (int column = 0; column < w; column++) {
            size_t pixel = from + (size_t)mirror(x + column, p->width);
            *plane++ = value_at(p, pixel * (size_t)p->channels + (size_t)channel);
        }
    }
}

bool pixels_are_constant(const Pixels *p, int channel, float *value)
{
    size_t count = (size_t)p->width * (size_t)p->height, step = (size_t)p->channels;
    *value = value_at(p, (size_t)channel);
    for (size_t i = 0; i < count; i++)
        if (value_at(p, i * step + (size_t)channel) != *value)
            return false;
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
