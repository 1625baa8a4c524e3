#include "eval/no_truth.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/resample.h"
#include "data/suspect.h"
#include "eval/detail.h"
#include "eval/neighbourhood.h"
#include "eval/no_truth_parts.h"
#include "eval/rows.h"

struct Input {
    int scale, crop;
    Plane luma;            /* of LR */
    Plane deviation;       /* of LR's neighbourhood, as what follows by pixel repetition */
    Plane least, greatest; /* of LR's 3x3 neighbourhood */
    PowerLaw law;
};

static const double FLAT = 1;       /* levels */
static const double EDGE_SPAN = 64; /* levels */

static size_t pixels(const Plane *p)
{
    return (size_t)p->width * (size_t)p->height;
}

static void enlarge(Plane *plane, int scale)
{
    Plane large =
        plane_resample(plane, plane->width * scale, plane->height * scale, KERNEL_NEAREST);
    plane_free(plane);
    *plane = large;
}

/* Of the values less the local mean, so that nothing cancels. */
static Plane local_deviation(const Plane *p)
{
    static const double SIGMA = 1.5;
    enum { RADIUS = 4 };
    Plane mean = plane_gaussian(p, SIGMA, RADIUS), square = plane_new(p->width, p->height);
    for (size_t i = 0; i < pixels(p); i++)
        square.values[i] = (p->values[i] - mean.values[i]) * (p->values[i] - mean.values[i]);
    Plane deviation = plane_gaussian(&square, SIGMA, RADIUS);
    for (size_t i = 0; i < pixels(p); i++)
        deviation.values[i] = sqrtf(deviation.values[i]);
    plane_free(&mean);
    plane_free(&square);
    return deviation;
}

Input *input_new(const Image *lr, int scale, int crop)
{
    Input *input = memory_new(sizeof *input);
    input->scale = scale;
    input->crop = crop;
    input->luma = image_luma(lr);
    input->law = power_law_of(&input->luma);
    input->deviation = local_deviation(&input->luma);
    neighbourhood_range(&input->luma, 1, &input->least, &input->greatest);
    enlarge(&input->deviation, scale);
    enlarge(&input->least, scale);
    enlarge(&input->greatest, scale);
    return input;
}

void input_free(Input *input)
{
    if (!input)
        return;
    plane_free(&input->luma);
    plane_free(&input->deviation);
    plane_free(&input->least);
    plane_free(&input->greatest);
    free(input);
}

static double consistency(const Plane *lr, const Plane *low)
{
    double squares = 0;
    for (int y = 0; y < lr->height; y++) {
        size_t at = (size_t)y * (size_t)lr->width;
        squares += row_squared_error(lr->values + at, low->values + at, lr->width);
    }
    return squares > 0 ? 10 * log10(255.0 * 255.0 * (double)pixels(lr) / squares) : NAN;
}

static double flat_texture(const Input *input, const Plane *detail)
{
    double sum = 0, count = 0;
    for (int y = input->crop; y < detail->height - input->crop; y++) {
        size_t row = (size_t)y * (size_t)detail->width;
        for (size_t i = row + (size_t)input->crop; i < row + (size_t)(detail->width - input->crop);
             i++) {
            if ((double)input->deviation.values[i] >= FLAT)
                continue;
            sum += (double)detail->values[i] * (double)detail->values[i];
            count += 1;
        }
    }
    return count > 0 ? sqrt(sum / count) : NAN;
}

static double blockiness(const Plane *luma, int scale)
{
    double fine = plane_blockiness(luma, 1), coarse = plane_blockiness(luma, scale);
    return fmax(0, fmax(fine, coarse));
}

int input_measure(const Input *input, const Image *sr, double values[METRIC_COUNT])
{
    int scale = input->scale, width = input->luma.width, height = input->luma.height;
    if (sr->width != width * scale || sr->height != height * scale)
        return error_set(ERROR_SHAPE, "%dx%d pixels where %d times the input has %dx%d", sr->width,
                         sr->height, scale, width * scale, height * scale);
    Plane luma = image_luma(sr), low, detail = detail_of(&luma, scale, &low);
    values[METRIC_INPUT_CONSISTENCY] = consistency(&input->luma, &low);
    values[METRIC_EXPECTED_ENERGY] = expected_energy(&input->law, &luma, scale);
    values[METRIC_FLAT_TEXTURE] = flat_texture(input, &detail);
    values[METRIC_INPUT_HALO] =
        neighbourhood_excess(&luma, &input->least, &input->greatest, (float)EDGE_SPAN, input->crop);
    values[METRIC_BLOCKINESS] = blockiness(&luma, scale);
    plane_free(&luma);
    plane_free(&low);
    plane_free(&detail);
    return 0;
}
