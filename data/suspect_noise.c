/* Noise shows where a picture is flat, and is as strong at the finest size as one size up; texture
 * is weaker. Responses of J. Immerkaer, "Fast noise variance estimation", CVIU 1996,
 * doi:10.1006/cviu.1996.0060, which are blind to slopes, in blocks, at both sizes. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/suspect_parts.h"

enum { BLOCK = 16, LEAST_BLOCKS = 8, FLAT_SHARE = 10 };

/* Blocks darker or lighter than this may be clipped, which hides noise. */
static const float DARKEST = 20, LIGHTEST = 231;

typedef struct Block {
    float fine, coarse; /* deviation, levels */
} Block;

/* Mean of 2 x 2 pixels; white noise is halved. */
static Plane halve(const Plane *p)
{
    Plane half = plane_new(p->width / 2, p->height / 2);
    size_t width = (size_t)p->width;
    for (int y = 0; y < half.height; y++) {
        const float *a = p->values + 2 * (size_t)y * width, *b = a + width;
        float *to = half.values + (size_t)y * (size_t)half.width;
        for (int x = 0; x < half.width; x++)
            to[x] = (a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1]) / 4;
    }
    return half;
}

/* Adds the magnitudes of one row's responses to the blocks it crosses. */
FOR_EVERY_PROCESSOR
static void add_row(const float *row, size_t width, int side, int across, float *sums)
{
    const float *above = row - width, *below = row + width;
    for (int b = 0; b < across; b++)
        for (int i = 0; i < side; i++) {
            int x = b * side + i + 1;
            float here = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1] -
                         2 * (above[x] + below[x] + row[x - 1] + row[x + 1]) + 4 * row[x];
            sums[b] += fabsf(here);
        }
}

/* The deviation of noise of `side` x `side` pixels in every block; across x down of them. */
static float *block_deviations(const Plane *p, int side, int across, int down)
{
    float *sums = memory_array((size_t)(across * down), sizeof *sums);
    size_t width = (size_t)p->width;
    for (int y = 0; y < down * side; y++)
        add_row(p->values + (size_t)(y + 1) * width, width, side, across,
                sums + (size_t)(y / side * across));
    float unit = sqrtf(1.57079633f) / 6 / (float)(side * side); /* of normal noise, norm 6 */
    for (int i = 0; i < across * down; i++)
        sums[i] *= unit;
    return sums;
}

static bool may_be_clipped(const Plane *p, int left, int top)
{
    float sum = 0;
    for (int y = top; y < top + BLOCK; y++)
        for (int x = left; x < left + BLOCK; x++)
            sum += p->values[(size_t)y * (size_t)p->width + (size_t)x];
    float mean = sum / (BLOCK * BLOCK);
    return mean < DARKEST || mean > LIGHTEST;
}

static int compare_coarse(const void *a, const void *b)
{
    const Block *one = a, *other = b;
    if (one->coarse != other->coarse)
        return one->coarse < other->coarse ? -1 : 1;
    return (one->fine > other->fine) - (one->fine < other->fine);
}

static int compare_floats(const void *a, const void *b)
{
    const float *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* Medians of the flattest blocks. */
static void judge(Block *blocks, int count, Suspicion *s)
{
    int flat = count / FLAT_SHARE > LEAST_BLOCKS / 2 ? count / FLAT_SHARE : LEAST_BLOCKS / 2;
    qsort(blocks, (size_t)count, sizeof *blocks, compare_coarse);
    double coarse = (double)blocks[flat / 2].coarse;
    float *fine = memory_array((size_t)flat, sizeof *fine);
    for (int i = 0; i < flat; i++)
        fine[i] = blocks[i].fine;
    qsort(fine, (size_t)flat, sizeof *fine, compare_floats);
    double deviation = (double)fine[flat / 2];
    free(fine);
    s->noise = deviation * 255 / 219; /* luma has 219 levels */
    s->whiteness = deviation / fmax(coarse, 0.1);
}

void suspect_noise(const Plane *luma, Suspicion *s)
{
    int across = (luma->width / 2 - 2) / (BLOCK / 2), down = (luma->height / 2 - 2) / (BLOCK / 2);
    if (across < 1 || down < 1 || across * down < LEAST_BLOCKS)
        return;
    Plane half = halve(luma);
    float *fine = block_deviations(luma, BLOCK, across, down);
    float *coarse = block_deviations(&half, BLOCK / 2, across, down);
    Block *blocks = memory_array((size_t)(across * down), sizeof *blocks);
    int count = 0;
    for (int i = 0; i < across * down; i++)
        if (!may_be_clipped(luma, i % across * BLOCK + 1, i / across * BLOCK + 1))
            blocks[count++] = (Block){.fine = fine[i], .coarse = 2 * coarse[i]};
    if (count >= LEAST_BLOCKS)
        judge(blocks, count, s);
    free(blocks);
    free(coarse);
    free(fine);
    plane_free(&half);
}
