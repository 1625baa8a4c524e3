/* In whole numbers: 8-bit residuals r are at most 765, so that the sums over a window W = 7 x 7 and
 * even 49 sum(r^2) - sum(r)^2 <= 1.41e9 fit 32 bits, and the mean of the variances is exact. */
#include "eval/ldl_artifacts.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/vector.h"

enum { REACH = 3, SIDE = 2 * REACH + 1, WINDOW = SIDE * SIDE };

typedef struct Residual {
    int width, height;
    int32_t *values;
} Residual;

FOR_EVERY_PROCESSOR
static void find_residual(const uint8_t *p, const uint8_t *q, size_t count, int32_t *restrict out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = abs(p[3 * i] - q[3 * i]) + abs(p[3 * i + 1] - q[3 * i + 1]) +
                 abs(p[3 * i + 2] - q[3 * i + 2]);
}

static int mirror(int i, int count)
{
    i = i < 0 ? -i : i;
    return i < count ? i : 2 * count - 2 - i;
}

/* Sums down the columns of the seven rows around y, with the mirrored ends for the sums across. */
FOR_EVERY_PROCESSOR
static void sum_columns(const Residual *r, int y, int32_t *restrict sums, int32_t *restrict squares)
{
    for (int x = 0; x < r->width; x++)
        sums[x] = squares[x] = 0;
    for (int k = -REACH; k <= REACH; k++) {
        const int32_t *row = r->values + (size_t)mirror(y + k, r->height) * (size_t)r->width;
        for (int x = 0; x < r->width; x++) {
            sums[x] += row[x];
            squares[x] += row[x] * row[x];
        }
    }
    for (int k = 1; k <= REACH; k++) {
        sums[-k] = sums[k];
        squares[-k] = squares[k];
        sums[r->width - 1 + k] = sums[r->width - 1 - k];
        squares[r->width - 1 + k] = squares[r->width - 1 - k];
    }
}

/* The sum of WINDOW * sum(r^2) - sum(r)^2 over the pixels first .. end - 1 of a row. */
FOR_EVERY_PROCESSOR
static int64_t sum_variances(const int32_t *sums, const int32_t *squares, int first, int end)
{
    int64_t total = 0;
    for (int x = first; x < end; x++) {
        int32_t sum = 0, square = 0;
        for (int k = -REACH; k <= REACH; k++) {
            sum += sums[x + k];
            square += squares[x + k];
        }
        total += WINDOW * square - sum * sum;
    }
    return total;
}

/* The unbiased variance of the whole residual. */
static double variance_of(const Residual *r)
{
    int64_t sum = 0, squares = 0;
    size_t count = (size_t)r->width * (size_t)r->height;
    for (size_t i = 0; i < count; i++) {
        sum += r->values[i];
        squares += r->values[i] * r->values[i];
    }
    double n = (double)count, mean = (double)sum / n;
    return ((double)squares - mean * (double)sum) / (n - 1);
}

static double local_variance(const Residual *r, int crop)
{
    size_t padded = (size_t)r->width + 2 * REACH;
    int32_t *sums = memory_array(padded, sizeof *sums);
    int32_t *squares = memory_array(padded, sizeof *squares);
    double total = 0;
    for (int y = crop; y < r->height - crop; y++) {
        sum_columns(r, y, sums + REACH, squares + REACH);
        total += (double)sum_variances(sums + REACH, squares + REACH, crop, r->width - crop);
    }
    free(sums);
    free(squares);
    double pixels = (double)(r->width - 2 * crop) * (r->height - 2 * crop);
    return total / (pixels * WINDOW * (WINDOW - 1));
}

int metric_ldl_artifacts(const Image *hr, const Image *sr, int crop, double *value)
{
    *value = NAN;
    if (hr->width != sr->width || hr->height != sr->height)
        return error_set(ERROR_SHAPE, "LDL artifacts: %dx%d against %dx%d pixels", sr->width,
                         sr->height, hr->width, hr->height);
    if (hr->width <= REACH || hr->height <= REACH || hr->width <= 2 * crop ||
        hr->height <= 2 * crop)
        return error_set(ERROR_SHAPE, "LDL artifacts: %dx%d pixels are too few", hr->width,
                         hr->height);
    size_t count = (size_t)hr->width * (size_t)hr->height;
    Residual r = {hr->width, hr->height, memory_array(count, sizeof *r.values)};
    find_residual(hr->rgb, sr->rgb, count, r.values);
    const double levels = 255.0 * 255.0;
    *value = pow(variance_of(&r) / levels, 0.2) * local_variance(&r, crop) / levels;
    free(r.values);
    return 0;
}
