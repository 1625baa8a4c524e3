#include "upscale/route/blocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"

enum {
    EDGE = 16 * ROUTE_LUMA,
    CONTRAST = 48,
    FAINT = 12 * ROUTE_LUMA,
    SIDE = ROUTE_BLOCK,
    COLOURS = 4096
};

FOR_EVERY_PROCESSOR
static void luma_of(const uint8_t *restrict rgb, size_t count, int16_t *restrict values)
{
    for (size_t i = 0; i < count; i++)
        values[i] =
            (int16_t)((4899 * rgb[3 * i] + 9617 * rgb[3 * i + 1] + 1868 * rgb[3 * i + 2] + 128) >>
                      8);
}

RouteLuma route_luma(const Image *image)
{
    RouteLuma luma = {image->width, image->height, NULL};
    size_t count = (size_t)image->width * (size_t)image->height;
    luma.values = memory_array(count, sizeof *luma.values);
    luma_of(image->rgb, count, luma.values);
    return luma;
}

void route_luma_free(RouteLuma *luma)
{
    free(luma->values);
    *luma = (RouteLuma){0};
}

static void count_equal(const uint8_t *rgb, size_t stride, RouteBlock *b)
{
    for (int y = 0; y < SIDE; y++, rgb += stride)
        for (int x = 0; x < SIDE; x++) {
            const uint8_t *p = rgb + 3 * x;
            b->equal += memcmp(p, p + 3, 3) == 0 && memcmp(p, p + stride, 3) == 0;
        }
}

static void count_colours(const uint8_t *rgb, size_t stride, RouteBlock *b)
{
    uint8_t seen[COLOURS] = {0};
    for (int y = 0; y < SIDE; y++, rgb += stride)
        for (int x = 0; x < SIDE; x++) {
            const uint8_t *p = rgb + 3 * x;
            int colour = p[0] >> 4 << 8 | p[1] >> 4 << 4 | p[2] >> 4;
            b->colours += !seen[colour];
            seen[colour] = 1;
        }
}

/* Gradients of 2x2 pixels; squares in 1/64 of squared levels, which 256 pixels keep below 2^31. */
FOR_EVERY_PROCESSOR
static void gradients(const int16_t *luma, size_t stride, int sums[5])
{
    int edges = 0, axis = 0, xx = 0, yy = 0, xy = 0;
    for (int y = 0; y < SIDE; y++, luma += stride)
        for (int x = 0; x < SIDE; x++) {
            int a = luma[x], b = luma[x + 1], c = luma[stride + (size_t)x],
                d = luma[stride + (size_t)x + 1];
            int gx = (b + d - a - c) / 2, gy = (c + d - a - b) / 2;
            int ax = gx < 0 ? -gx : gx, ay = gy < 0 ? -gy : gy;
            int more = ax > ay ? ax : ay, less = ax > ay ? ay : ax;
            int edge = more > EDGE;
            edges += edge;
            axis += edge & (4 * less < more);
            gx /= 8, gy /= 8;
            xx += gx * gx;
            yy += gy * gy;
            xy += gx * gy;
        }
    sums[0] = edges, sums[1] = axis, sums[2] = xx, sums[3] = yy, sums[4] = xy;
}

static void measure_gradients(const int16_t *luma, size_t stride, RouteBlock *b)
{
    int sums[5];
    gradients(luma, stride, sums);
    b->edges = sums[0];
    b->axis = sums[1];
    float xx = (float)sums[2], yy = (float)sums[3], xy = (float)sums[4];
    b->energy = (xx + yy) / (ROUTE_PIXELS * ROUTE_LUMA * ROUTE_LUMA / 64);
    b->coherence = sqrtf((xx - yy) * (xx - yy) + 4 * xy * xy) / (xx + yy + 1);
}

/* Sums of the magnitudes of Immerkaer's responses, which are blind to slopes. */
FOR_EVERY_PROCESSOR
static int responses(const int *v, int stride, int side)
{
    int sum = 0;
    for (int y = 0; y < side; y++, v += stride)
        for (int x = 0; x < side; x++) {
            const int *p = v + x, *q = p + stride, *r = q + stride;
            int here = p[0] + p[2] + r[0] + r[2] - 2 * (p[1] + r[1] + q[0] + q[2]) + 4 * q[1];
            sum += here < 0 ? -here : here;
        }
    return sum;
}

enum { WIDE = SIDE + 2, HALF = SIDE / 2 + 1 };

static float deviation(int sum, int side, int unit)
{
    return (float)sum * sqrtf(1.57079633f) / 6 / (float)(side * side * unit);
}

static void measure_noise(const int16_t *luma, const uint8_t *rgb, size_t stride, RouteBlock *b)
{
    int fine[WIDE * WIDE], tint[WIDE * WIDE], half[HALF * HALF];
    for (size_t y = 0; y < WIDE; y++)
        for (size_t x = 0; x < WIDE; x++) {
            const uint8_t *p = rgb + 3 * (y * stride + x);
            fine[y * WIDE + x] = luma[y * stride + x];
            tint[y * WIDE + x] = p[0] - p[1];
        }
    for (int y = 0; y < HALF; y++)
        for (int x = 0; x < HALF; x++) {
            const int *p = fine + 2 * y * WIDE + 2 * x;
            half[y * HALF + x] = p[0] + p[1] + p[WIDE] + p[WIDE + 1];
        }
    b->fine = deviation(responses(fine, WIDE, SIDE), SIDE, ROUTE_LUMA);
    b->coarse = deviation(responses(half, HALF, HALF - 2), HALF - 2, 2 * ROUTE_LUMA);
    b->tint = deviation(responses(tint, WIDE, SIDE), SIDE, 1);
}

static void measure_tones(const int16_t *luma, size_t stride, RouteBlock *b)
{
    int low = luma[0], high = luma[0], sum = 0;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            int v = luma[y * stride + x];
            low = v < low ? v : low;
            high = v > high ? v : high;
            sum += v;
        }
    b->range = (high - low) / ROUTE_LUMA;
    b->mean = sum / (ROUTE_PIXELS * ROUTE_LUMA);
    if (b->range < CONTRAST)
        return;
    int middle = (low + high) / 2, eighth = (high - low) / 8;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            const int16_t *p = luma + y * stride + x;
            bool above = *p > middle;
            b->toned += *p <= low + eighth || *p >= high - eighth;
            b->ink += above;
            int across = abs(p[1] - *p), down = abs(p[stride] - *p);
            int most = across > down ? across : down;
            b->faint += most > ROUTE_LUMA / 2 && most <= FAINT;
            b->crossings += (above != (p[1] > middle)) + (above != (p[stride] > middle));
        }
    b->ink = b->ink < ROUTE_PIXELS / 2 ? b->ink : ROUTE_PIXELS - b->ink;
}

void route_blocks_add(RouteBlocks *blocks, const Image *part, const RouteLuma *luma, int x, int y)
{
    size_t width = (size_t)part->width;
    for (int top = 0; top + SIDE + 2 <= part->height; top += SIDE)
        for (int left = 0; left + SIDE + 2 <= part->width; left += SIDE) {
            size_t at = (size_t)top * width + (size_t)left;
            RouteBlock b = {.x = x + left, .y = y + top};
            count_equal(part->rgb + 3 * at, 3 * width, &b);
            count_colours(part->rgb + 3 * at, 3 * width, &b);
            measure_gradients(luma->values + at, width, &b);
            measure_noise(luma->values + at, part->rgb + 3 * at, width, &b);
            measure_tones(luma->values + at, width, &b);
            memory_grow(&blocks->items, blocks->count, &blocks->capacity, sizeof *blocks->items);
            blocks->items[blocks->count++] = b;
        }
}

void route_blocks_free(RouteBlocks *blocks)
{
    free(blocks->items);
    *blocks = (RouteBlocks){0};
}
