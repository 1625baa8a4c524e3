#include "upscale/route/features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* knee 0: a percentage. */
static const struct {
    const char *name;
    double knee;
    const char *words;
} TABLE[FEATURE_COUNT] = {
    [FEATURE_EQUAL] = {"equal", 0, "%.0f %% of the pixels are exactly as their neighbours"},
    [FEATURE_CONTRAST] = {"contrast", 0, "%.0f %% of its blocks have strong contrast"},
    [FEATURE_CROSSINGS] = {"crossings", 40,
                           "its strokes cross %.0f times in 16x16 pixels of contrast"},
    [FEATURE_INK] = {"ink", 0, "strokes cover %.0f %% of where there is contrast"},
    [FEATURE_AXIS] = {"axis", 0, "%.0f %% of the edge pixels are upright or level"},
    [FEATURE_EDGES] = {"edges", 0, "%.0f %% of the pixels are on edges"},
    [FEATURE_COLOURS] = {"colours", 8, "%.1f colours in 16x16 pixels in the mean"},
    [FEATURE_PALETTE] = {"palette", 0, "24 colours make %.0f %% of the pixels"},
    [FEATURE_NOISE] = {"noise", 4, "what is flattest varies by %.1f levels"},
    [FEATURE_WHITENESS] = {"whiteness", 1, "this is %.1f times as strong as at half the size"},
    [FEATURE_GRAIN] = {"grain", 2, "white noise of about %.1f levels"},
    [FEATURE_FLOOR] = {"floor", 1, "flat ground varies by %.1f levels"},
    [FEATURE_TINT] = {"tint", 4, "colours of flat ground vary by %.1f levels"},
    [FEATURE_JPEG] = {"jpeg", 0.5, "8x8 blocks quantised %.1f times as coarsely as JPEG 50 does"},
    [FEATURE_CALM] = {"calm", 4, "a tenth of it has gradients below %.1f levels"},
    [FEATURE_MIDDLE] = {"middle", 8, "half of it has gradients above %.1f levels"},
    [FEATURE_BUSY] = {"busy", 0, "%.0f %% of it is texture of several directions"},
    [FEATURE_COHERENCE] = {"coherence", 0, "%.0f %% of the gradients share a direction"},
    [FEATURE_SKIN] = {"skin", 0, "%.0f %% of it has colours of skin"},
    [FEATURE_FACE] = {"face", 0, "one patch of skin makes %.0f %% of it"},
    [FEATURE_FACE_FILL] = {"face_fill", 0, "the patch of skin fills %.0f %% of its box"},
    [FEATURE_FACE_EDGE] = {"face_edge", 0, "the patch of skin takes %.0f %% of the border"},
    [FEATURE_FACE_LIKE] = {"face_like", 0, "a patch of skin is as like a face as %.0f %%"},
    [FEATURE_FACE_SHADE] = {"face_shade", 20, "the patch of skin shades by %.0f levels"},
    [FEATURE_SMOOTH] = {"smooth", 0, "%.0f %% of it is smooth"},
    [FEATURE_EVEN] = {"even", 0, "its calm parts have %.0f %% of the gradients of its busy ones"},
    [FEATURE_RELATIVE] = {"relative", 0, "%.0f %% of it has strong gradients for how dark it is"},
    [FEATURE_FAINT] = {"faint", 0, "%.0f %% of the pixels beside strong contrast differ faintly"},
    [FEATURE_FACE_WARMTH] = {"face_warmth", 20,
                             "the patch of skin is redder than gray by %.0f levels"},
    [FEATURE_FACE_TALL] = {"face_tall", 100, "the patch of skin is %.0f %% as tall as wide"},
};

double route_feature_scaled(const RouteFeatures *features, RouteFeature feature)
{
    double v = features->values[feature], knee = TABLE[feature].knee;
    return knee > 0 ? v / (v + knee) : v / 100;
}

void route_feature_words(const RouteFeatures *features, RouteFeature feature, char *text,
                         size_t size)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, size, TABLE[feature].words, features->values[feature]);
#pragma GCC diagnostic pop
}

const char *route_feature_name(RouteFeature feature)
{
    return TABLE[feature].name;
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

/* What is a sum over blocks. */
static void measure_sums(const RouteBlocks *blocks, double *v)
{
    double equal = 0, edges = 0, axis = 0, ink = 0, crossings = 0, contrasted = 0;
    double smooth = 0, relative = 0, faint = 0, colours = 0, busy = 0, coherent = 0, energy = 0,
           count = blocks->count;
    for (const RouteBlock *b = blocks->items; b < blocks->items + blocks->count; b++) {
        equal += b->equal;
        edges += b->edges;
        axis += b->axis;
        colours += b->colours;
        ink += b->ink;
        crossings += b->crossings;
        contrasted += b->range >= 48;
        faint += b->faint;
        smooth += b->energy < 9;
        float light = (float)(b->mean + 10);
        relative += b->energy > 0.0036f * light * light;
        busy += b->energy > 36 && b->coherence < 0.6f;
        /* Few strong edges must not decide. */
        double weight = fmin((double)b->energy, 400);
        coherent += weight * (double)b->coherence;
        energy += weight;
    }
    v[FEATURE_EQUAL] = percent(equal, count * ROUTE_PIXELS);
    v[FEATURE_EDGES] = percent(edges, count * ROUTE_PIXELS);
    v[FEATURE_AXIS] = percent(axis, edges);
    v[FEATURE_COLOURS] = count > 0 ? colours / count : 0;
    v[FEATURE_CONTRAST] = percent(contrasted, count);
    v[FEATURE_INK] = percent(ink, contrasted * ROUTE_PIXELS);
    v[FEATURE_CROSSINGS] = contrasted > 0 ? crossings / contrasted : 0;
    v[FEATURE_SMOOTH] = percent(smooth, count);
    v[FEATURE_RELATIVE] = percent(relative, count);
    v[FEATURE_FAINT] = percent(faint, contrasted * ROUTE_PIXELS);
    v[FEATURE_BUSY] = percent(busy, count);
    v[FEATURE_COHERENCE] = percent(coherent, energy);
}

static int compare_floats(const void *a, const void *b)
{
    const float *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

static void measure_energy(const RouteBlocks *blocks, double *v)
{
    float *sorted = memory_array((size_t)blocks->count + 1, sizeof *sorted);
    for (int i = 0; i < blocks->count; i++)
        sorted[i] = blocks->items[i].energy;
    qsort(sorted, (size_t)blocks->count, sizeof *sorted, compare_floats);
    v[FEATURE_CALM] = sqrt((double)sorted[blocks->count / 10]);
    v[FEATURE_MIDDLE] = sqrt((double)sorted[blocks->count / 2]);
    double calm = sqrt((double)sorted[blocks->count / 4]);
    v[FEATURE_EVEN] = percent(calm, sqrt((double)sorted[blocks->count * 3 / 4]));
    free(sorted);
}

typedef struct Noise {
    float fine, coarse, tint;
} Noise;

static int compare_coarse(const void *a, const void *b)
{
    const RouteBlock *one = *(RouteBlock *const *)a, *other = *(RouteBlock *const *)b;
    if (one->coarse != other->coarse)
        return one->coarse < other->coarse ? -1 : 1;
    return (one->fine > other->fine) - (one->fine < other->fine);
}

/* Medians of the flattest tenth of the blocks, all or only those of middle tones. */
static Noise flattest(const RouteBlocks *blocks, bool unclipped)
{
    enum { SHARE = 10, LEAST = 4 };
    const RouteBlock **sorted = memory_array((size_t)blocks->count + 1, sizeof *sorted);
    int count = 0;
    for (int i = 0; i < blocks->count; i++) {
        const RouteBlock *b = blocks->items + i;
        if (!unclipped || (b->mean >= 20 && b->mean < 236))
            sorted[count++] = b;
    }
    qsort(sorted, (size_t)count, sizeof *sorted, compare_coarse);
    int flat = count / SHARE > LEAST ? count / SHARE : LEAST;
    flat = flat < count ? flat : count;
    Noise noise = {0};
    if (flat > 0) {
        float *values = memory_array((size_t)flat, sizeof *values);
        for (int i = 0; i < flat; i++)
            values[i] = sorted[i]->fine;
        qsort(values, (size_t)flat, sizeof *values, compare_floats);
        noise.fine = values[flat / 2];
        for (int i = 0; i < flat; i++)
            values[i] = sorted[i]->tint;
        qsort(values, (size_t)flat, sizeof *values, compare_floats);
        noise.tint = values[flat / 2];
        noise.coarse = sorted[flat / 2]->coarse;
        free(values);
    }
    free(sorted);
    return noise;
}

static void measure_noise(const RouteBlocks *blocks, double *v)
{
    Noise clear = flattest(blocks, true), all = flattest(blocks, false);
    v[FEATURE_NOISE] = (double)clear.fine;
    v[FEATURE_WHITENESS] = (double)clear.fine / fmax((double)clear.coarse, 0.1);
    v[FEATURE_GRAIN] = (double)clear.fine * fmin(fmax(2 * v[FEATURE_WHITENESS] - 1, 0), 1);
    v[FEATURE_FLOOR] = (double)all.fine;
    v[FEATURE_TINT] = (double)all.tint;
}

/* Of colours of 32 levels a channel. */
static void measure_palette(const Image *image, const RouteBlocks *blocks, double *v)
{
    enum { LEVELS = 32, MOST = 24 };
    uint32_t *counts = memory_array(LEVELS * LEVELS * LEVELS, sizeof *counts);
    for (int i = 0; i < blocks->count; i++)
        for (int k = 0; k < ROUTE_PIXELS; k++) {
            size_t y = (size_t)(blocks->items[i].y + k / ROUTE_BLOCK);
            size_t x = (size_t)(blocks->items[i].x + k % ROUTE_BLOCK);
            const uint8_t *p = image->rgb + 3 * (y * (size_t)image->width + x);
            counts[p[0] / 8 * LEVELS * LEVELS + p[1] / 8 * LEVELS + p[2] / 8]++;
        }
    uint32_t most[MOST + 1] = {0};
    for (size_t i = 0; i < LEVELS * LEVELS * LEVELS; i++) {
        int at = MOST;
        if (counts[i] <= most[MOST - 1])
            continue;
        for (; at > 0 && counts[i] > most[at - 1]; at--)
            most[at] = most[at - 1];
        most[at] = counts[i];
    }
    double sum = 0;
    for (int i = 0; i < MOST; i++)
        sum += most[i];
    v[FEATURE_PALETTE] = percent(sum, (double)blocks->count * ROUTE_PIXELS);
    free(counts);
}

RouteFeatures route_features_of_blocks(const Image *part, const RouteLuma *luma,
                                       const RouteBlocks *blocks)
{
    RouteFeatures f = {.blocks = blocks->count};
    measure_sums(blocks, f.values);
    measure_energy(blocks, f.values);
    measure_noise(blocks, f.values);
    measure_palette(part, blocks, f.values);
    f.values[FEATURE_JPEG] = route_jpeg_strength(luma);
    return f;
}

enum { WINDOW = 256, MOST_PIXELS = 1 << 20, WINDOWS = 16 };

/* How many windows along an extent, if there may be so many; at least 1. */
static int windows_along(int extent, int most)
{
    int fit = extent / WINDOW;
    return fit < 1 ? 1 : fit < most ? fit : most;
}

/* Evenly spread windows side by side; they begin at multiples of 8, as blocks of JPEG do. */
static Image spread_windows(const Image *image)
{
    int across = windows_along(image->width, 4),
        down = windows_along(image->height, WINDOWS / across);
    across = windows_along(image->width, WINDOWS / down);
    int width = image->width < WINDOW ? image->width : WINDOW;
    int height = image->height < WINDOW ? image->height : WINDOW;
    Image sample = image_new(across * width, down * height);
    for (int row = 0; row < down * height; row++) {
        int top = down > 1 ? (image->height - height) / (down - 1) * (row / height) / 8 * 8 : 0;
        for (int i = 0; i < across; i++) {
            int left = across > 1 ? (image->width - width) / (across - 1) * i / 8 * 8 : 0;
            size_t from = (size_t)(top + row % height) * (size_t)image->width + (size_t)left;
            size_t to = (size_t)row * (size_t)sample.width + (size_t)(i * width);
            memcpy(sample.rgb + 3 * to, image->rgb + 3 * from, 3 * (size_t)width);
        }
    }
    return sample;
}

/* Blocks at the right and lower side of a window see into the next one. */
static void drop_seams(RouteBlocks *blocks)
{
    int kept = 0;
    for (int i = 0; i < blocks->count; i++)
        if (blocks->items[i].x % WINDOW != WINDOW - ROUTE_BLOCK &&
            blocks->items[i].y % WINDOW != WINDOW - ROUTE_BLOCK)
            blocks->items[kept++] = blocks->items[i];
    blocks->count = kept;
}

RouteFeatures route_features(const Image *image)
{
    bool large = (size_t)image->width * (size_t)image->height > MOST_PIXELS;
    Image spread = large ? spread_windows(image) : (Image){0};
    const Image *sample = large ? &spread : image;
    RouteLuma luma = route_luma(sample);
    RouteBlocks blocks = {0};
    route_blocks_add(&blocks, sample, &luma, 0, 0);
    if (large)
        drop_seams(&blocks);
    RouteFeatures features = route_features_of_blocks(sample, &luma, &blocks);
    route_skin(image, &features);
    route_blocks_free(&blocks);
    route_luma_free(&luma);
    image_free(&spread);
    return features;
}
