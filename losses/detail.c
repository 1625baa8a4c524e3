#include "losses/detail.h"

#include "core/error.h"
#include "core/ranks.h"
#include "losses/planes.h"

/* As in eval/detail.c: smaller values of detail are rounding noise, smaller energies none. */
static const double NOISE = 1e-4;
static const double LEAST_ENERGY = 1e-12;

/* Y in 0..255 less its constant part, which has no detail. */
static Tensor *luma(Tensor *rgb)
{
    static const float WEIGHTS[] = {65.481f, 128.553f, 24.966f};
    Tensor *weights = tensor_from_floats(WEIGHTS, 4, (const int64_t[]){1, 3, 1, 1});
    return tensor_sum_axis(tensor_multiply(rgb, weights), 1);
}

static Tensor *detail_of(Tensor *rgb, int scale)
{
    Tensor *y = luma(rgb);
    return tensor_subtract(y, planes_map(y, PLANES_SMOOTH, scale));
}

/* What the truth says, all constants. */
typedef struct Truth {
    Tensor *detail;
    Tensor *energy;  /* hh */
    Tensor *inverse; /* 1 / hh, 0 where there is none */
    double mean;     /* of hh over the batch of all ranks */
} Truth;

static Tensor *silenced(Tensor *detail)
{
    Tensor *loud = tensor_is_positive(tensor_affine(tensor_absolute(detail), 1, -NOISE));
    return tensor_multiply(detail, loud);
}

static Tensor *inverse_of(Tensor *energy)
{
    Tensor *there = tensor_is_positive(tensor_affine(energy, 1, -LEAST_ENERGY));
    Tensor *least = tensor_affine(tensor_affine(there, -1, 1), LEAST_ENERGY, 0);
    return tensor_divide(there, tensor_add(energy, least));
}

/* Collective. */
static int mean_over_ranks(Tensor *t, double *mean)
{
    double sums[] = {tensor_item(tensor_sum(t)), (double)tensor_count(t)};
    if (error_pending() || ranks_sum_doubles(sums, 2) != 0)
        return -1;
    *mean = sums[0] / sums[1];
    return 0;
}

static int truth_of(Tensor *hr, int scale, Truth *truth)
{
    tensor_no_grad_begin();
    truth->detail = silenced(detail_of(hr, scale));
    truth->energy = planes_map(tensor_square(truth->detail), PLANES_GAUSSIAN, scale);
    truth->inverse = inverse_of(truth->energy);
    tensor_no_grad_end();
    return mean_over_ranks(truth->energy, &truth->mean);
}

/* max(0, a - b)^2 / hh. Its derivative towards hs is -2 (1 - a) for lost and 2 (a - 1) for
 * exaggerated detail: no division by small energies is left in it, as a <= sqrt(ss / hh). */
static Tensor *excess(const Truth *truth, Tensor *a, Tensor *b)
{
    Tensor *square = tensor_square(tensor_relu(tensor_subtract(a, b)));
    return tensor_sum(tensor_multiply(square, truth->inverse));
}

/* lost L + invented (E - L - X) + X, sums over pixels. G keeps sums, as mirrored borders make its
 * matrix doubly stochastic: E is the sum of squares, unfiltered. */
static Tensor *weighed(const Truth *truth, Tensor *detail, int scale, double lost, double invented)
{
    Tensor *error = tensor_sum(tensor_square(tensor_subtract(detail, truth->detail)));
    Tensor *sum = tensor_affine(error, invented, 0);
    if (lost == invented && invented == 1)
        return sum;
    Tensor *common = planes_map(tensor_multiply(detail, truth->detail), PLANES_GAUSSIAN, scale);
    Tensor *present = tensor_relu(common); /* a hh */
    if (lost != invented)
        sum = tensor_add(sum,
                         tensor_affine(excess(truth, truth->energy, present), lost - invented, 0));
    if (invented != 1)
        sum =
            tensor_add(sum, tensor_affine(excess(truth, present, truth->energy), 1 - invented, 0));
    return sum;
}

Tensor *loss_detail(Tensor *sr, Tensor *hr, int scale, double lost, double invented, double share)
{
    Truth truth;
    if (truth_of(hr, scale, &truth) != 0) {
        error_note("detail loss");
        return NULL;
    }
    Tensor *sum = weighed(&truth, detail_of(sr, scale), scale, lost, invented);
    double pixels = (double)tensor_count(truth.energy);
    return tensor_affine(sum, share / (pixels * (truth.mean + 1)), 0);
}
