#include "tests/upscale/smoother.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

enum { RGB = 3, FEATURES = 2 * RGB, SCALE = 4, TAPS = 9 };

static float *values_of(Model *model, int module, const char *what)
{
    char key[32];
    snprintf(key, sizeof key, "body.%d.%s", module, what);
    Weight *weight = weights_find(model->weights, key);
    return weight ? weight->values : NULL;
}

/* Smooths the first three features; the other three carry the picture. */
static void set_filter(Model *model, int module, int inputs)
{
    static const float BINOMIAL[TAPS] = {1, 2, 1, 2, 4, 2, 1, 2, 1};
    float *w = values_of(model, module, "weight");
    memset(w, 0, sizeof *w * (size_t)(FEATURES * inputs * TAPS));
    memset(values_of(model, module, "bias"), 0, sizeof *w * FEATURES);
    for (int c = 0; c < RGB; c++) {
        for (int k = 0; k < TAPS; k++)
            w[(c * inputs + c) * TAPS + k] = BINOMIAL[k] / 16;
        w[((RGB + c) * inputs + (inputs == RGB ? c : RGB + c)) * TAPS + TAPS / 2] = 1;
    }
    for (float *slope = values_of(model, module + 1, "weight"), *end = slope + FEATURES;
         slope < end; slope++)
        *slope = 1;
}

/* Weight of neighbour -1, 0 or 1 for pixel i of the four that a pixel becomes. */
static float bilinear(int neighbour, int i)
{
    float distance = fabsf(((float)i + 0.5f) / SCALE - 0.5f - (float)neighbour);
    return distance < 1 ? 1 - distance : 0;
}

/* The smooth picture, interpolated, without the one that the network adds at its end. */
static void set_last(Model *model, int module)
{
    float *w = values_of(model, module, "weight");
    memset(w, 0, sizeof *w * RGB * SCALE * SCALE * FEATURES * TAPS);
    memset(values_of(model, module, "bias"), 0, sizeof *w * RGB * SCALE * SCALE);
    for (int c = 0; c < RGB; c++)
        for (int i = 0; i < SCALE * SCALE; i++) {
            float *to = w + (c * SCALE * SCALE + i) * FEATURES * TAPS;
            for (int k = 0; k < TAPS; k++)
                to[c * TAPS + k] = bilinear(k / 3 - 1, i / SCALE) * bilinear(k % 3 - 1, i % SCALE);
            to[(RGB + c) * TAPS + TAPS / 2] = -1;
        }
}

Model *smoother_new(int convs)
{
    char text[96];
    snprintf(text, sizeof text, "{\"type\":\"srvgg\",\"features\":%d,\"convs\":%d}", FEATURES,
             convs - 1);
    Model *model = calloc(1, sizeof *model);
    cJSON *object = json_parse(text, strlen(text), "smoother");
    if (specification_parse(&model->specification, object, KIND_GENERATOR, SCALE, "smoother") != 0)
        abort();
    cJSON_Delete(object);
    model->graph = specification_build(&model->specification);
    model->weights = graph_initial_weights(model->graph, 1);
    for (int i = 0; i < convs; i++)
        set_filter(model, 2 * i, i == 0 ? RGB : FEATURES);
    set_last(model, 2 * convs);
    return model;
}
