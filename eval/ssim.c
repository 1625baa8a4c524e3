#include "eval/ssim.h"

#include <string.h>

#include "core/error.h"
#include "core/vector.h"
#include "eval/local_means.h"
#include "eval/metrics.h"
#include "eval/rows.h"

FOR_EVERY_PROCESSOR
static void compare(const MeansRow *row, float *restrict similarity, float *restrict structure)
{
    const float c1 = 0.01f * 255 * 0.01f * 255, c2 = 0.03f * 255 * 0.03f * 255;
    const float *a = row->a, *b = row->b, *product = row->product, *squares = row->squares;
    for (int x = 0; x < row->count; x++) {
        float variances = squares[x] - (a[x] * a[x] + b[x] * b[x]);
        float covariance = product[x] - a[x] * b[x];
        float p = a[x] + MEANS_MIDDLE, q = b[x] + MEANS_MIDDLE;
        structure[x] = (2 * covariance + c2) / (variances + c2);
        similarity[x] = (2 * p * q + c1) / (p * p + q * q + c1) * structure[x];
    }
}

typedef struct Sums {
    SsimMeans means;
    Plane *map; /* may be NULL */
} Sums;

static void add_row(void *context, const MeansRow *row)
{
    Sums *sums = context;
    float similarity[MEANS_STRIPE], structure[MEANS_STRIPE];
    compare(row, similarity, structure);
    sums->means.similarity += row_sum(similarity, row->count);
    sums->means.structure += row_sum(structure, row->count);
    if (sums->map)
        memcpy(sums->map->values + (size_t)row->y * (size_t)sums->map->width + row->x, similarity,
               (size_t)row->count * sizeof *similarity);
}

SsimMeans ssim_means(const Plane *a, const Plane *b, Plane *map)
{
    int width = a->width - SSIM_WINDOW + 1, height = a->height - SSIM_WINDOW + 1;
    if (map)
        *map = plane_new(width, height);
    Sums sums = {.map = map};
    MeansPass pass = {.taps = SSIM_WINDOW,
                      .sigma = 1.5,
                      .quantities = MEANS_SQUARES,
                      .step = 1,
                      .take = add_row,
                      .context = &sums};
    means_pass(&pass, a, b);
    sums.means.similarity /= (double)width * height;
    sums.means.structure /= (double)width * height;
    return sums.means;
}

int metric_ssim(const Plane *a, const Plane *b, double *value)
{
    if (a->width != b->width || a->height != b->height)
        return error_set(ERROR_SHAPE, "SSIM: %dx%d against %dx%d pixels", a->width, a->height,
                         b->width, b->height);
    if (a->width < SSIM_WINDOW || a->height < SSIM_WINDOW)
        return error_set(ERROR_SHAPE, "SSIM: %dx%d pixels are fewer than 11x11", a->width,
                         a->height);
    *value = ssim_means(a, b, NULL).similarity;
    return 0;
}
