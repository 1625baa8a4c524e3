#include "upscale/grain/areas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { PIXELS = AREA_EDGE * AREA_EDGE, MOST_CLIPPED = 3 };
enum { LARGEST_STEP = 64, LEAST_VALUES = 12, LEAST_ROUNDED = 4, MOST_VALUES = 2048 };
static const double GOOD_FIT = 0.5;
static const float ZERO = 1.2f; /* rounding of pixels makes no more of it */
static const double TURN = 6.283185307179586;

/* Orthonormal cosines, [frequency * 8 + pixel] / 2 and the other way round. */
static const float *cosines(bool turned)
{
    static _Thread_local float table[2][BLOCK_VALUES];
    static _Thread_local bool filled;
    if (!filled)
        for (int u = 0; u < BLOCK_EDGE; u++)
            for (int x = 0; x < BLOCK_EDGE; x++)
                table[0][u * BLOCK_EDGE + x] = table[1][x * BLOCK_EDGE + u] =
                    (float)(cos(TURN * (2 * x + 1) * u / 32) * (u ? 0.5 : sqrt(0.125)));
    filled = true;
    return table[turned];
}

/* The matrix times the block times the matrix turned. */
static void transform(const float *matrix, const float *from, int from_stride, float *to,
                      int to_stride)
{
    float rows[BLOCK_VALUES];
    for (int y = 0; y < BLOCK_EDGE; y++)
        for (int u = 0; u < BLOCK_EDGE; u++) {
            float sum = 0;
            for (int x = 0; x < BLOCK_EDGE; x++)
                sum += matrix[u * BLOCK_EDGE + x] * from[y * from_stride + x];
            rows[y * BLOCK_EDGE + u] = sum;
        }
    for (int v = 0; v < BLOCK_EDGE; v++)
        for (int u = 0; u < BLOCK_EDGE; u++) {
            float sum = 0;
            for (int y = 0; y < BLOCK_EDGE; y++)
                sum += matrix[v * BLOCK_EDGE + y] * rows[y * BLOCK_EDGE + u];
            to[v * to_stride + u] = sum;
        }
}

void grain_block_forth(const float *pixels, int stride, float *values)
{
    transform(cosines(false), pixels, stride, values, BLOCK_EDGE);
}

void grain_block_back(const float *values, float *pixels, int stride)
{
    transform(cosines(true), values, BLOCK_EDGE, pixels, stride);
}

static const float *part_of(const float *plane, int part)
{
    return plane + part / 2 * BLOCK_EDGE * AREA_EDGE + part % 2 * BLOCK_EDGE;
}

static void transform_luma(const float *plane, GrainArea *area)
{
    for (int part = 0; part < AREA_PARTS; part++)
        grain_block_forth(part_of(plane, part), AREA_EDGE, area->luma[part]);
}

static void add_chroma(const float *plane, GrainArea *area)
{
    float block[BLOCK_VALUES];
    for (int part = 0; part < AREA_PARTS; part++) {
        grain_block_forth(part_of(plane, part), AREA_EDGE, block);
        for (int i = 0; i < BLOCK_VALUES; i++)
            area->chroma[i] += block[i] * block[i] / AREA_PARTS;
    }
}

/* Mean of a channel; false where more than a few of its pixels are clipped. */
static bool take_channel(const Pixels *p, int channel, const GrainArea *area, float *plane,
                         float *tone)
{
    float sum = 0;
    int clipped = 0;
    pixels_to_plane(p, channel, area->x, area->y, AREA_EDGE, AREA_EDGE, plane);
    for (int i = 0; i < PIXELS; i++) {
        clipped += plane[i] < 0.5f / 255 || plane[i] > 254.5f / 255;
        sum += plane[i];
    }
    *tone = sum / PIXELS;
    return clipped <= MOST_CLIPPED;
}

static bool take_area(const Pixels *p, GrainArea *area)
{
    float rgb[3][PIXELS], luma[PIXELS], chroma[PIXELS];
    for (int c = 0; c < 3; c++)
        if (!take_channel(p, pixels_colours(p) == 3 ? c : 0, area, rgb[c], &area->tone[c]))
            return false;
    for (int i = 0; i < PIXELS; i++)
        luma[i] = 255 * (0.299f * rgb[0][i] + 0.587f * rgb[1][i] + 0.114f * rgb[2][i]);
    transform_luma(luma, area);
    for (int c = 0; pixels_colours(p) == 3 && c < 3; c += 2) {
        for (int i = 0; i < PIXELS; i++)
            chroma[i] = (c == 0 ? 0.7133f : 0.5643f) * (255 * rgb[c][i] - luma[i]);
        add_chroma(chroma, area);
    }
    return true;
}

/* ---- JPEG's steps --------------------------------------------------------------------------- */

/* How well values lie at multiples of a step: 1 exactly, 0 anyhow. */
static double fit_of_step(const float *values, int count, int step)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        if (fabsf(values[i]) > 0.5f * (float)step)
            sum += cos(TURN * (double)values[i] / step);
    return sum / count;
}

/* The largest step that the values keep to, of `count` values that are not 0. */
static float step_of(const float *values, int count)
{
    if (count < LEAST_VALUES)
        return -1;
    for (int step = LARGEST_STEP; step > 1; step--) {
        double here = fit_of_step(values, count, step), next;
        if (here < GOOD_FIT)
            continue;
        while (step > 2 && (next = fit_of_step(values, count, step - 1)) > here) {
            here = next;
            step--;
        }
        return (float)step;
    }
    return 0;
}

/* Values that are not 0 of a coefficient. */
static int gather_values(const GrainAreas *areas, int i, float *values)
{
    int count = 0;
    for (int a = 0; a < areas->count * AREA_PARTS && count < MOST_VALUES; a++) {
        float value = areas->items[a / AREA_PARTS].luma[a % AREA_PARTS][i];
        if (fabsf(value) > ZERO)
            values[count++] = value;
    }
    return count;
}

/* Of a JPEG, coefficients of which little is left are none that were not rounded. */
static void find_steps(GrainAreas *areas)
{
    float values[MOST_VALUES];
    int counts[BLOCK_VALUES], rounded = 0;
    for (int i = 0; i < BLOCK_VALUES; i++) {
        counts[i] = gather_values(areas, i, values);
        areas->steps[i] = step_of(values, counts[i]);
        rounded += areas->steps[i] > 2;
    }
    for (int i = 0; rounded >= LEAST_ROUNDED && i < BLOCK_VALUES; i++)
        if (areas->steps[i] == 0 && counts[i] < MOST_VALUES)
            areas->steps[i] = -1;
}

/* ---- All areas ------------------------------------------------------------------------------ */

/* Along one edge. */
static int64_t places(int extent, int stride)
{
    return extent < AREA_EDGE ? 0 : (extent - AREA_EDGE) / stride + 1;
}

/* A multiple of JPEG's blocks at which there are few enough. */
static int stride_for(const Pixels *p)
{
    int stride = BLOCK_EDGE;
    while (places(p->width, stride) * places(p->height, stride) > MOST_AREAS)
        stride += BLOCK_EDGE;
    return stride;
}

/* 1/12 of each channel; luma's weights squared are 0.447. Not 0, which has no logarithm. */
static double rounding_variance(const Pixels *p)
{
    return p->depth == 16 ? 1e-4 : pixels_colours(p) == 1 ? 1.0 / 12 : 0.447 / 12;
}

GrainAreas grain_areas_take(const Pixels *p)
{
    GrainAreas areas = {.floor = rounding_variance(p)};
    int stride = stride_for(p);
    areas.items = memory_array(MOST_AREAS, sizeof *areas.items);
    for (int y = 0; y + AREA_EDGE <= p->height; y += stride)
        for (int x = 0; x + AREA_EDGE <= p->width; x += stride) {
            GrainArea *area = &areas.items[areas.count];
            *area = (GrainArea){.x = x, .y = y};
            areas.count += take_area(p, area);
        }
    find_steps(&areas);
    return areas;
}

void grain_areas_free(GrainAreas *areas)
{
    free(areas->items);
    *areas = (GrainAreas){0};
}
