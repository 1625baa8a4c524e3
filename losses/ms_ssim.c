#include "losses/ms_ssim.h"

#include <stddef.h>

#include "core/error.h"
#include "losses/planes.h"
#include "losses/ssim_maps.h"

enum { MOST_SCALES = 5, WINDOW = 11 };
static const double POWERS[MOST_SCALES] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
static const double LEAST_FACTOR = 1e-4;

static int scales_of(Tensor *t)
{
    int64_t height = tensor_extent(t, 2), width = tensor_extent(t, 3);
    int64_t edge = height < width ? height : width;
    int scales = 1;
    while (scales < MOST_SCALES && edge >> scales >= WINDOW)
        scales++;
    return scales;
}

/* Every plane's mean, bounded from below, to a power. */
static Tensor *factor(Tensor *map, double power)
{
    double pixels = (double)tensor_extent(map, 2) * (double)tensor_extent(map, 3);
    Tensor *mean = tensor_affine(tensor_sum_axis(tensor_sum_axis(map, 3), 2), 1 / pixels, 0);
    Tensor *bounded = tensor_relu(tensor_affine(mean, 1, -LEAST_FACTOR));
    return tensor_power(tensor_affine(bounded, 1, LEAST_FACTOR), power);
}

Tensor *loss_ms_ssim(Tensor *sr, Tensor *hr, double share)
{
    int scales = scales_of(sr);
    double sum = 0;
    for (int i = 0; i < scales; i++)
        sum += POWERS[i];
    Tensor *product = NULL;
    for (int i = 0; i < scales && !error_pending(); i++) {
        if (i > 0) {
            sr = planes_map(sr, PLANES_HALF, 0);
            hr = planes_map(hr, PLANES_HALF, 0);
        }
        SsimMaps maps = ssim_maps(sr, hr);
        Tensor *map =
            i < scales - 1 ? maps.structure : tensor_multiply(maps.luminance, maps.structure);
        Tensor *value = factor(map, POWERS[i] / sum);
        product = product ? tensor_multiply(product, value) : value;
    }
    if (error_pending()) {
        error_note("MS-SSIM loss");
        return NULL;
    }
    return tensor_affine(tensor_mean(product), -share, share);
}
