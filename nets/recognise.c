#include "nets/recognise.h"

#include <stdio.h>

const Weight *recognise_conv(const Weights *weights, const char *key, int64_t inputs, int kernel)
{
    const Weight *w = weights_find(weights, key);
    if (!w || w->rank != 4 || w->shape[2] != kernel || w->shape[3] != kernel || w->count == 0 ||
        (inputs != 0 && w->shape[1] != inputs))
        return NULL;
    return w;
}

int recognise_count(const Weights *weights, const char *prefix, const char *suffix, int most)
{
    for (int count = 0; count <= most; count++) {
        char key[96];
        snprintf(key, sizeof key, "%s%d%s", prefix, count, suffix);
        if (!weights_find(weights, key))
            return count;
    }
    return 0;
}

int recognise_factor(int64_t outputs, int64_t channels)
{
    for (int factor = 1; factor <= 8; factor++)
        if (factor * factor * channels == outputs)
            return factor;
    return 0;
}
