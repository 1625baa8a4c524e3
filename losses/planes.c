#include "losses/planes.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/resample_axis.h"

/* A matrix of one axis, rows x columns. */
typedef struct Dense {
    int rows, columns;
    double *values;
} Dense;

static Dense dense_new(int rows, int columns)
{
    return (Dense){rows, columns, memory_array((size_t)rows * (size_t)columns, sizeof(double))};
}

static double *at(const Dense *d, int row, int column)
{
    return &d->values[(size_t)row * (size_t)d->columns + (size_t)column];
}

static Dense dense_of_axis(const Axis *axis, int columns)
{
    Dense d = dense_new(axis->count, columns);
    for (int i = 0; i < axis->count; i++)
        for (int k = i * axis->taps; k < (i + 1) * axis->taps; k++)
            *at(&d, i, axis->indices[k]) += (double)axis->weights[k];
    return d;
}

static Dense resampling(int from, int to)
{
    Workspace *work = workspace_new();
    Axis axis = axis_resample(work, from, to, KERNEL_BICUBIC, SAMPLING_ANTIALIASED);
    Dense d = dense_of_axis(&axis, from);
    workspace_free(work);
    return d;
}

static Dense gaussian(int extent, double sigma, int radius)
{
    Workspace *work = workspace_new();
    Axis axis = axis_gaussian(work, extent, sigma, radius);
    Dense d = dense_of_axis(&axis, extent);
    workspace_free(work);
    return d;
}

static Dense smooth(int extent, int scale)
{
    Dense down = resampling(extent, extent / scale), up = resampling(extent / scale, extent);
    Dense both = dense_new(extent, extent);
    for (int i = 0; i < extent; i++)
        for (int k = 0; k < down.rows; k++)
            for (int j = 0; *at(&up, i, k) != 0 && j < extent; j++)
                *at(&both, i, j) += *at(&up, i, k) * *at(&down, k, j);
    free(down.values);
    free(up.values);
    return both;
}

static Dense window(int extent)
{
    enum { RADIUS = 5 };
    static const double SIGMA = 1.5;
    double sum = 0;
    for (int k = -RADIUS; k <= RADIUS; k++)
        sum += exp(-0.5 * k * k / (SIGMA * SIGMA));
    Dense d = dense_new(extent - 2 * RADIUS, extent);
    for (int i = 0; i < d.rows; i++)
        for (int k = -RADIUS; k <= RADIUS; k++)
            *at(&d, i, i + RADIUS + k) = exp(-0.5 * k * k / (SIGMA * SIGMA)) / sum;
    return d;
}

static Dense box(int extent, int taps)
{
    Dense d = dense_new(extent, extent);
    for (int i = 0; i < extent; i++)
        for (int k = i - taps / 2; k <= i + taps / 2; k++) {
            int inside = k < 0 ? -k : k >= extent ? 2 * (extent - 1) - k : k;
            *at(&d, i, inside) += 1.0 / taps;
        }
    return d;
}

static Dense half(int extent)
{
    Dense d = dense_new(extent / 2, extent);
    for (int i = 0; i < d.rows; i++)
        *at(&d, i, 2 * i) = *at(&d, i, 2 * i + 1) = 0.5;
    return d;
}

static Dense dense_of(PlaneMap map, int amount, int extent)
{
    switch (map) {
    case PLANES_DOWN:
        return resampling(extent, extent / amount);
    case PLANES_SMOOTH:
        return smooth(extent, amount);
    case PLANES_GAUSSIAN:
        return gaussian(extent, amount, 4 * amount);
    case PLANES_COLOUR:
        return gaussian(extent, 3, 10);
    case PLANES_WINDOW:
        return window(extent);
    case PLANES_BOX:
        return box(extent, amount);
    case PLANES_HALF:
        break;
    }
    return half(extent);
}

/* The smallest extent that a map takes. */
static int least_extent(PlaneMap map, int amount)
{
    switch (map) {
    case PLANES_DOWN:
    case PLANES_SMOOTH:
        return amount;
    case PLANES_GAUSSIAN:
    case PLANES_COLOUR:
        return 1;
    case PLANES_WINDOW:
        return 11;
    case PLANES_BOX:
        return amount / 2 + 1;
    case PLANES_HALF:
        break;
    }
    return 2;
}

static int check_extent(PlaneMap map, int amount, int64_t extent)
{
    if (extent < least_extent(map, amount))
        return error_set(ERROR_SHAPE, "a picture of %lld pixels is too small: at least %d",
                         (long long)extent, least_extent(map, amount));
    if ((map == PLANES_DOWN || map == PLANES_SMOOTH) && extent % amount != 0)
        return error_set(ERROR_SHAPE, "an extent of %lld pixels is no multiple of the scale %d",
                         (long long)extent, amount);
    return 0;
}

/* ---- What was made before -------------------------------------------------------------------- */

typedef struct Kept {
    PlaneMap map;
    int amount, extent;
    Tensor *matrix;
} Kept;

enum { MOST_KEPT = 64 }; /* a run has a handful of sizes; then the oldest go */
static Kept kept[MOST_KEPT];
static int kept_count, oldest;

void planes_forget(void)
{
    for (int i = 0; i < kept_count; i++)
        tensor_free(kept[i].matrix);
    kept_count = oldest = 0;
}

static Tensor *make_matrix(PlaneMap map, int amount, int extent)
{
    Dense d = dense_of(map, amount, extent);
    size_t count = (size_t)d.rows * (size_t)d.columns;
    float *values = memory_array(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)d.values[i];
    Tensor *matrix = tensor_from_floats(values, 2, (const int64_t[]){d.rows, d.columns});
    free(values);
    free(d.values);
    return tensor_own(matrix);
}

/* The slot for one more, emptied. */
static Kept *next_slot(void)
{
    if (kept_count < MOST_KEPT)
        return &kept[kept_count++];
    Kept *slot = &kept[oldest];
    oldest = (oldest + 1) % MOST_KEPT;
    tensor_free(slot->matrix);
    return slot;
}

/* In the caller's scope: the one kept may have to make room before it is used. */
static Tensor *matrix_of(PlaneMap map, int amount, int64_t extent)
{
    if (error_pending() || check_extent(map, amount, extent) != 0)
        return NULL;
    for (int i = 0; i < kept_count; i++)
        if (kept[i].map == map && kept[i].amount == amount && kept[i].extent == extent)
            return tensor_detach(kept[i].matrix);
    Tensor *matrix = make_matrix(map, amount, (int)extent);
    if (!matrix)
        return NULL;
    *next_slot() = (Kept){map, amount, (int)extent, matrix};
    return tensor_detach(matrix);
}

Tensor *planes_map(Tensor *x, PlaneMap map, int amount)
{
    int64_t height = tensor_extent(x, 2), width = tensor_extent(x, 3);
    Tensor *vertical = matrix_of(map, amount, height), *horizontal = matrix_of(map, amount, width);
    return tensor_linear_planes(x, vertical, horizontal);
}
