#include "losses/matching.h"

#include <math.h>

#include "core/error.h"
#include "core/ranks.h"

enum { MOST_LAYERS = 16 };
static const double LEAST_SUM = 1e-12; /* all activations zero: no information, no infinity */

/* Sums of |hr| over all ranks. */
static int sum_magnitudes(Tensor *const *hr, int layers, double *sums)
{
    tensor_no_grad_begin();
    tensor_scope_begin();
    for (int i = 0; i < layers; i++)
        sums[i] = tensor_item(tensor_sum(tensor_absolute(hr[i])));
    tensor_scope_end();
    tensor_no_grad_end();
    return error_pending() ? -1 : ranks_sum_doubles(sums, (size_t)layers);
}

Tensor *loss_matching(Tensor *const *sr, Tensor *const *hr, int layers)
{
    double sums[MOST_LAYERS];
    if (layers < 1 || layers > MOST_LAYERS)
        error_set(ERROR_SHAPE, "feature matching: %d layers", layers);
    if (error_pending() || sum_magnitudes(hr, layers, sums) != 0)
        return NULL;
    Tensor *loss = NULL;
    for (int i = 0; i < layers; i++) {
        Tensor *sum = tensor_distance(sr[i], hr[i]);
        Tensor *term = tensor_affine(sum, 1 / (fmax(sums[i], LEAST_SUM) * layers), 0);
        loss = loss ? tensor_add(loss, term) : term;
    }
    return loss;
}
