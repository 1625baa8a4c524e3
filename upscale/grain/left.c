#include "upscale/grain/left.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/random_fill.h"
#include "data/fourier.h"
#include "upscale/grain/areas.h"

/* A field's middle is looked at: beyond it the network sees an edge. */
enum { MIDDLE = GRAIN_BANDS_PER_CYCLE, BORDER = 12, FIELD = MIDDLE + 2 * BORDER };
enum { FIELD_PIXELS = FIELD * FIELD, RGB = 3, SHARED = 3 };
/* Fields whose grain is too faint for the network to be judged by are set to such a tone. */
static const double DARKEST = 0.12;
static const double PI = 3.141592653589793;

void grain_spectrum(const Grain *g, GrainSpectrum *spectrum)
{
    for (int k = 0; k < GRAIN_BANDS; k++) {
        double radians = 2 * PI * g->size * k / GRAIN_BANDS_PER_CYCLE;
        double power =
            g->strength * g->strength * 4 * PI * g->size * g->size * exp(-radians * radians);
        spectrum->shared[k] = power * (1 - g->colour);
        spectrum->own[k] = power * g->colour;
    }
}

/* Over all directions: proportional to the variance. */
static double total_of(const double *bands)
{
    double sum = 0;
    for (int k = 0; k < GRAIN_BANDS; k++)
        sum += k * bands[k];
    return sum;
}

/* target -> what is to be added to `left`: no more in all than is missing in all, where the network
 * has made some frequencies stronger than they were. */
static void subtract_bands(double *target, const double *left)
{
    double lacking = fmax(0, total_of(target) - total_of(left));
    for (int k = 0; k < GRAIN_BANDS; k++)
        target[k] = fmax(0, target[k] - left[k]);
    double added = total_of(target), by = added > lacking ? lacking / added : 1;
    for (int k = 0; k < GRAIN_BANDS; k++)
        target[k] *= by;
}

void grain_missing(const Grain *g, double strength, const GrainSpectrum *left,
                   GrainSpectrum *missing)
{
    grain_spectrum(g, missing);
    for (int k = 0; k < GRAIN_BANDS; k++) {
        missing->shared[k] *= strength * strength;
        missing->own[k] *= strength * strength;
    }
    subtract_bands(missing->shared, left->shared);
    subtract_bands(missing->own, left->own);
}

/* ---- Fields of grain ------------------------------------------------------------------------ */

/* White noise under a Gaussian, of deviation 1. */
static void fill_noise(double size, uint64_t plane, float *values)
{
    int radius = (int)ceil(3 * size), edge = FIELD + 2 * radius;
    double weights[64], squares = 0;
    float *noise = memory_array((size_t)(edge * edge), sizeof *noise);
    float *along = memory_array((size_t)(edge * FIELD), sizeof *along);
    for (int k = -radius; k <= radius; k++) {
        weights[k + radius] = exp(-0.5 * k * k / (size * size));
        squares += weights[k + radius] * weights[k + radius];
    }
    random_fill_normal(1, plane, noise, (size_t)(edge * edge));
    for (int y = 0; y < edge; y++)
        for (int x = 0; x < FIELD; x++)
            for (int k = 0; k <= 2 * radius; k++)
                along[y * FIELD + x] += (float)weights[k] * noise[y * edge + x + k];
    for (int y = 0; y < FIELD; y++)
        for (int x = 0; x < FIELD; x++) {
            float sum = 0;
            for (int k = 0; k <= 2 * radius; k++)
                sum += (float)weights[k] * along[(y + k) * FIELD + x];
            values[y * FIELD + x] = sum / (float)squares;
        }
    free(noise);
    free(along);
}

static double tone_of(const GrainFinding *f, int index, int channel)
{
    return fmin(1 - DARKEST, fmax(DARKEST, (double)f->colours[index][channel]));
}

static void fill_field(const GrainFinding *f, int index, int channels, float *planes)
{
    const Grain *g = &f->grain;
    float *shared = memory_array(FIELD_PIXELS, sizeof *shared);
    uint64_t first = (uint64_t)index * (SHARED + 1);
    fill_noise(g->size, first + SHARED, shared);
    for (int c = 0; c < channels; c++) {
        float *plane = planes + c * FIELD_PIXELS;
        double tone = tone_of(f, index, c), by = g->strength * grain_response(g, tone);
        fill_noise(g->size, first + (uint64_t)c, plane);
        for (int i = 0; i < FIELD_PIXELS; i++)
            plane[i] = (float)(255 * tone + by * (sqrt(1 - g->colour) * (double)shared[i] +
                                                  sqrt(g->colour) * (double)plane[i]));
    }
    free(shared);
}

/* What JPEG's rounding changes in a block's luma. */
static void round_block(const float *steps, float *luma)
{
    float values[BLOCK_VALUES], rounded[BLOCK_VALUES];
    grain_block_forth(luma, FIELD, values);
    for (int i = 0; i < BLOCK_VALUES; i++) {
        rounded[i] = steps[i] > 0    ? steps[i] * roundf(values[i] / steps[i])
                     : steps[i] == 0 ? values[i]
                                     : 0;
        rounded[i] = i == 0 ? 0 : rounded[i] - values[i];
    }
    grain_block_back(rounded, luma, FIELD);
}

static void round_luma(const float *steps, int channels, float *planes)
{
    float *luma = memory_array(FIELD_PIXELS, sizeof *luma);
    const float *green = planes + (channels == RGB ? FIELD_PIXELS : 0);
    const float *blue = planes + (channels - 1) * FIELD_PIXELS;
    for (int i = 0; i < FIELD_PIXELS; i++)
        luma[i] = 0.299f * planes[i] + 0.587f * green[i] + 0.114f * blue[i];
    for (int y = 0; y < FIELD; y += BLOCK_EDGE)
        for (int x = 0; x < FIELD; x += BLOCK_EDGE)
            round_block(steps, luma + y * FIELD + x);
    for (int c = 0; c < channels; c++)
        for (int i = 0; i < FIELD_PIXELS; i++)
            planes[c * FIELD_PIXELS + i] += luma[i];
    free(luma);
}

/* ---- The network's answer ------------------------------------------------------------------- */

/* Keeps the middle of a picture. */
typedef struct Middle {
    RowSink sink;
    int edge, border, y;
    float *values; /* (channels, edge, edge) */
} Middle;

static int keep_middle(RowSink *sink, float *const *planes, int count)
{
    Middle *m = (Middle *)sink;
    for (int row = 0; row < count; row++, m->y++) {
        int y = m->y - m->border;
        if (y < 0 || y >= m->edge)
            continue;
        for (int c = 0; c < sink->channels; c++)
            memcpy(m->values + ((size_t)c * (size_t)m->edge + (size_t)y) * (size_t)m->edge,
                   planes[c] + row * sink->width + m->border, (size_t)m->edge * sizeof(float));
    }
    return 0;
}

static int enlarge_field(Upscaler *u, float *field, int channels, int depth, float *middle)
{
    int scale = upscaler_scale(u), extent = FIELD * scale;
    float *values = memory_array((size_t)(channels * FIELD_PIXELS), sizeof *values);
    float *planes[RGB] = {field, field + FIELD_PIXELS, field + 2 * FIELD_PIXELS};
    for (int i = 0; i < channels * FIELD_PIXELS; i++)
        field[i] /= 255;
    pixels_from_planes(planes, channels, FIELD_PIXELS, depth, values);
    Pixels lr = {
        .width = FIELD, .height = FIELD, .channels = channels, .depth = depth, .values = values};
    Middle m = {.sink = {extent, extent, channels, keep_middle},
                .edge = MIDDLE * scale,
                .border = BORDER * scale,
                .values = middle};
    int result = upscaler_stream(u, &lr, &m.sink, NULL, NULL);
    free(values);
    return result;
}

/* Of one channel: without its mean, under a Hann window of mean square 1, relative to the grain
 * that mid gray would have. */
static void transform_channel(const float *values, int edge, double response, Plane *re, Plane *im)
{
    size_t pixels = (size_t)edge * (size_t)edge;
    double mean = 0;
    *re = plane_new(edge, edge);
    *im = plane_new(edge, edge);
    for (size_t i = 0; i < pixels; i++)
        mean += (double)values[i] / (double)pixels;
    for (int y = 0; y < edge; y++)
        for (int x = 0; x < edge; x++) {
            size_t i = (size_t)y * (size_t)edge + (size_t)x;
            double window = (1 - cos(2 * PI * (x + 0.5) / edge)) *
                            (1 - cos(2 * PI * (y + 0.5) / edge)) * (2.0 / 3);
            re->values[i] = (float)(255 * ((double)values[i] - mean) * window / response);
        }
    fourier_plane(re, im);
}

typedef struct Sums {
    double same[GRAIN_BANDS], other[GRAIN_BANDS]; /* of channels with themselves, with others */
    double count[GRAIN_BANDS];
} Sums;

static int band_of(int u, int v, int edge)
{
    int x = u < edge / 2 ? u : edge - u, y = v < edge / 2 ? v : edge - v;
    int band = (int)(sqrt(x * x + y * y) + 0.5);
    return band < GRAIN_BANDS ? band : -1;
}

static void add_powers(const Plane *re, const Plane *im, int channels, int scale, Sums *sums)
{
    int edge = re[0].width;
    double unit = 1.0 / edge / edge / scale / scale;
    for (int v = 0; v < edge; v++)
        for (int u = 0; u < edge; u++) {
            size_t i = (size_t)v * (size_t)edge + (size_t)u;
            double total_re = 0, total_im = 0, same = 0;
            int band = band_of(u, v, edge);
            if (band < 0)
                continue;
            for (int c = 0; c < channels; c++) {
                double a = (double)re[c].values[i], b = (double)im[c].values[i];
                total_re += a;
                total_im += b;
                same += a * a + b * b;
            }
            double other = total_re * total_re + total_im * total_im - same;
            sums->same[band] += unit * same / channels;
            sums->other[band] += channels > 1 ? unit * other / channels / (channels - 1) : 0;
            sums->count[band]++;
        }
}

static void add_answer(const GrainFinding *f, int index, int channels, int scale,
                       const float *middle, Sums *sums)
{
    int edge = MIDDLE * scale;
    Plane re[RGB] = {0}, im[RGB] = {0};
    for (int c = 0; c < channels; c++)
        transform_channel(middle + (size_t)c * (size_t)edge * (size_t)edge, edge,
                          grain_response(&f->grain, tone_of(f, index, c)), &re[c], &im[c]);
    add_powers(re, im, channels, scale, sums);
    for (int c = 0; c < channels; c++) {
        plane_free(&re[c]);
        plane_free(&im[c]);
    }
}

/* Bands have few terms at low frequencies: averaged with their neighbours. */
static double smoothed(const double *sums, const double *counts, int band)
{
    double sum = 0, count = 0;
    for (int k = band - 1; k <= band + 1; k++)
        if (k >= 1 && k < GRAIN_BANDS) {
            sum += sums[k];
            count += counts[k];
        }
    return count > 0 ? sum / count : 0;
}

static void spectrum_from_sums(const Sums *s, int channels, GrainSpectrum *left)
{
    for (int k = 0; k < GRAIN_BANDS; k++) {
        double same = smoothed(s->same, s->count, k), other = smoothed(s->other, s->count, k);
        left->shared[k] = channels == 1 ? same : fmax(0, other);
        left->own[k] = channels == 1 ? 0 : fmax(0, same - left->shared[k]);
    }
}

int grain_left(Upscaler *u, const GrainFinding *f, int channels, int depth, GrainSpectrum *left)
{
    int scale = upscaler_scale(u), result = 0;
    size_t pixels = (size_t)(MIDDLE * scale) * (size_t)(MIDDLE * scale);
    float *field = memory_array(RGB * FIELD_PIXELS, sizeof *field);
    float *middle = memory_array((size_t)channels * pixels, sizeof *middle);
    Sums *sums = memory_new(sizeof *sums);
    for (int i = 0; result == 0 && i < GRAIN_COLOURS; i++) {
        fill_field(f, i, channels, field);
        round_luma(f->steps, channels, field);
        result = enlarge_field(u, field, channels, depth, middle);
        if (result == 0)
            add_answer(f, i, channels, scale, middle, sums);
    }
    spectrum_from_sums(sums, channels, left);
    free(sums);
    free(middle);
    free(field);
    return result;
}
