#include "losses/gather.h"

#include <limits.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/ranks.h"

static Tensor *flat(Tensor *t)
{
    int64_t count = tensor_count(t);
    return tensor_reshape(t, 1, &count);
}

/* How many values each rank brings, and their sum. */
static int agree_counts(int64_t own, int *counts, int64_t *total)
{
    int size = ranks_size();
    int64_t *all = memory_array((size_t)size, sizeof *all);
    all[ranks_rank()] = own;
    int result = ranks_sum_integers(all, (size_t)size);
    *total = 0;
    for (int r = 0; r < size; r++) {
        *total += all[r];
        counts[r] = (int)all[r];
    }
    free(all);
    if (result == 0 && *total > INT_MAX)
        return error_set(ERROR_SHAPE, "relativistic loss: more than 2^31 - 1 logits in a batch");
    return result;
}

/* Constants before, this rank's values, constants after. */
static Tensor *join(const float *all, int64_t before, Tensor *own, int64_t after)
{
    Tensor *parts[3];
    int count = 0;
    if (before > 0)
        parts[count++] = tensor_from_floats(all, 1, &before);
    parts[count++] = flat(own);
    if (after > 0)
        parts[count++] = tensor_from_floats(all + before + tensor_count(own), 1, &after);
    return tensor_concat(parts, count, 0);
}

static Tensor *exchange(Tensor *own, const int *counts, int64_t total)
{
    int64_t before = 0, count = tensor_count(own);
    for (int r = 0; r < ranks_rank(); r++)
        before += counts[r];
    float *mine = memory_array((size_t)count, sizeof *mine);
    float *all = memory_array((size_t)total, sizeof *all);
    Tensor *joined = NULL;
    if (tensor_to_floats(own, mine, count) == 0 && ranks_gather_floats(mine, all, counts) == 0)
        joined = join(all, before, own, total - before - count);
    free(mine);
    free(all);
    return joined;
}

Tensor *gather_with_gradient(Tensor *own)
{
    if (error_pending())
        return NULL;
    if (ranks_size() == 1)
        return flat(own);
    int *counts = memory_array((size_t)ranks_size(), sizeof *counts);
    int64_t total;
    Tensor *all =
        agree_counts(tensor_count(own), counts, &total) == 0 ? exchange(own, counts, total) : NULL;
    free(counts);
    return all;
}
