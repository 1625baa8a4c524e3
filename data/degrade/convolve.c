#include "data/degrade/convolve.h"

#include <math.h>
#include <string.h>

#include "data/degrade/margins.h"
#include "data/degrade/tiles.h"

enum { ROWS = TILE_ROWS, BLOCK = TILE_COLUMNS, LANES = TILE_LANES, STRIP = 48, MOST_PAIRS = 12 };

struct Filter {
    int left, top; /* where the first tap lies, from the pixel */
    int width, height;
    int pairs; /* 0: taps[0] is the whole kernel; else taps[i] is a column, rows[i] a row */
    Taps taps[MOST_PAIRS];
    Taps rows[MOST_PAIRS]; /* turned: as columns */
};

static const double DROPPED = 1e-7, RESIDUAL = 1e-6;

int filter_pairs(const Filter *filter)
{
    return filter->pairs;
}

/* Copies the kernel without what is negligible and cuts it to what is left. */
static float *trim(Workspace *work, const float *kernel, int size, Filter *filter)
{
    double sum = 0;
    for (int i = 0; i < size * size; i++)
        sum += fabs((double)kernel[i]);
    double least = DROPPED * sum / (size * size);
    int left = size / 2, right = size / 2, top = size / 2, bottom = size / 2;
    for (int i = 0; i < size * size; i++)
        if (fabs((double)kernel[i]) > least) {
            int x = i % size, y = i / size;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y > bottom ? y : bottom;
        }
    filter->left = left - size / 2;
    filter->top = top - size / 2;
    filter->width = right - left + 1;
    filter->height = bottom - top + 1;
    float *cut = workspace_take(work, (size_t)(filter->width * filter->height), sizeof *cut);
    for (int y = 0; y < filter->height; y++)
        for (int x = 0; x < filter->width; x++) {
            float weight = kernel[(y + top) * size + x + left];
            cut[y * filter->width + x] = fabs((double)weight) > least ? weight : 0;
        }
    return cut;
}

/* Cross approximation with full pivoting (Gaussian elimination): the row and column through the
 * largest value left, as a product, leave nothing of either. Fills columns and rows of `pairs`
 * products at most; returns how many the residual needs, or 0 if that many are not enough. */
static int take_apart(double *left, int width, int height, int pairs, float *columns, float *rows)
{
    int count = width * height;
    double sum = 0, rest = 0;
    for (int i = 0; i < count; i++)
        sum += fabs(left[i]);
    for (int pair = 0; pair < pairs; pair++) {
        int pivot = 0;
        for (int i = 1; i < count; i++)
            pivot = fabs(left[i]) > fabs(left[pivot]) ? i : pivot;
        double column[FILTER_MOST], row[FILTER_MOST];
        double scale = 1 / sqrt(fabs(left[pivot])), sign = left[pivot] < 0 ? -1 : 1;
        for (int y = 0; y < height; y++) {
            columns[pair * height + y] = (float)(left[y * width + pivot % width] * scale);
            column[y] = (double)columns[pair * height + y];
        }
        for (int x = 0; x < width; x++) {
            rows[pair * width + x] = (float)(left[pivot / width * width + x] * scale * sign);
            row[x] = (double)rows[pair * width + x];
        }
        rest = 0;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                left[y * width + x] -= column[y] * row[x];
                rest += fabs(left[y * width + x]);
            }
        if (rest <= RESIDUAL * sum)
            return pair + 1;
    }
    return 0;
}

static void set_pairs(Workspace *work, Filter *filter, int pairs, const float *columns,
                      const float *rows)
{
    filter->pairs = pairs;
    for (int i = 0; i < pairs; i++) {
        filter->taps[i] = taps_lay_column(work, columns + i * filter->height, filter->height);
        filter->rows[i] = taps_lay_column(work, rows + i * filter->width, filter->width);
    }
}

/* What a separable pair takes, in the measure of taps_cost: the columns' pass covers the margins
 * too, and the rows' is turned and back. */
static double pair_cost(const Filter *filter)
{
    return 1.1 * (filter->height + filter->width) + 20;
}

const Filter *filter_prepare(Workspace *work, const float *kernel, int size)
{
    Filter *filter = workspace_take(work, 1, sizeof *filter);
    *filter = (Filter){0};
    const float *cut = trim(work, kernel, size, filter);
    int width = filter->width, height = filter->height;
    filter->taps[0] = taps_lay(work, cut, width, height);
    int most = (int)fmin(taps_cost(&filter->taps[0]) / pair_cost(filter), MOST_PAIRS);
    float *columns = workspace_take(work, (size_t)(most * height), sizeof *columns);
    float *rows = workspace_take(work, (size_t)(most * width), sizeof *rows);
    double *left = workspace_take(work, (size_t)(width * height), sizeof *left);
    for (int i = 0; i < width * height; i++)
        left[i] = (double)cut[i];
    int pairs = take_apart(left, width, height, most, columns, rows);
    if (pairs > 0)
        set_pairs(work, filter, pairs, columns, rows);
    return filter;
}

const Filter *filter_prepare_separable(Workspace *work, const float *weights, int size)
{
    Filter *filter = workspace_take(work, 1, sizeof *filter);
    *filter = (Filter){-(size / 2), -(size / 2), size, size, 0, {{0}}, {{0}}};
    set_pairs(work, filter, 1, weights, weights);
    return filter;
}

/* At most STRIP result rows of separable pairs: each pair's column on every input column, then its
 * row on columns turned so that loads need not straddle cache lines. */
static void filter_strip(const Filter *filter, Workspace *work, const Padded *padded, int width,
                         int rows, float *to)
{
    int whole = (width + ROWS - 1) / ROWS * ROWS;
    int columns = (whole + filter->width - 1 + LANES - 1) / LANES * LANES;
    size_t stride = padded->stride, group = (size_t)(whole + LANES) * BLOCK;
    float *strip = workspace_take(work, stride * STRIP, sizeof *strip);
    float *turned = workspace_take(work, (size_t)columns * BLOCK, sizeof *turned);
    float *sums = workspace_take(work, group * (STRIP / BLOCK), sizeof *sums);
    memset(strip, 0, stride * STRIP * sizeof *strip);
    for (int i = 0; i < filter->pairs; i++) {
        for (int top = 0; top < rows; top += ROWS)
            tiles_add_column(&filter->taps[i], padded->values + (size_t)top * stride,
                             strip + (size_t)top * stride, stride, columns);
        for (int top = 0; top < rows; top += BLOCK) {
            tiles_turn(strip + (size_t)top * stride, stride, columns, turned);
            tiles_add_turned(&filter->rows[i], turned, sums + (size_t)(top / BLOCK) * group, width,
                             i > 0);
        }
    }
    for (int top = 0; top < rows; top += BLOCK)
        tiles_turn_back(sums + (size_t)(top / BLOCK) * group, to + (size_t)top * (size_t)width,
                        width, rows - top < BLOCK ? rows - top : BLOCK);
}

void filter_plane(const Filter *filter, Workspace *work, const float *from, int width, int height,
                  float *to)
{
    WorkspaceMark mark = workspace_mark(work);
    Margins margins = {-filter->left, filter->left + filter->width - 1, -filter->top,
                       filter->top + filter->height - 1 + ROWS, 2 * BLOCK};
    Padded padded = plane_pad(work, from, width, height, margins);
    int step = filter->pairs > 0 ? STRIP : ROWS;
    padded.values += (ptrdiff_t)filter->top * (ptrdiff_t)padded.stride + filter->left;
    for (int y = 0; y < height; y += step) {
        int rows = height - y < step ? height - y : step;
        float *result = to + (size_t)y * (size_t)width;
        WorkspaceMark strip = workspace_mark(work);
        if (filter->pairs > 0)
            filter_strip(filter, work, &padded, width, rows, result);
        else
            tiles_add(&filter->taps[0], padded.values, padded.stride, result, (size_t)width, width,
                      rows);
        workspace_release(work, strip);
        padded.values += (size_t)step * padded.stride;
    }
    workspace_release(work, mark);
}
