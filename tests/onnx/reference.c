/* reference_output MODEL FOLDER NxHxW...: runs a model through libtorch in fp32 on random pictures.
 * Writes FOLDER/NxHxW.input.f32 and FOLDER/NxHxW.output.f32: little-endian float32, (N,C,H,W).
 * With --operations for MODEL a network of every operation is run, and written too, as
 * FOLDER/operations.onnx; with SCALE{"type":...} that network with initial weights, as
 * FOLDER/network.onnx. Beside either lies the same in float16, as operations.half.onnx and
 * network.half.onnx. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "nets/model.h"
#include "nets/network.h"
#include "nets/onnx/write.h"
#include "tests/onnx/operations.h"

static int write_values(const char *folder, const char *name, const char *what, const float *values,
                        int64_t count)
{
    char *path = memory_print("%s/%s.%s.f32", folder, name, what);
    int result = file_write_whole(path, values, (size_t)count * sizeof *values);
    free(path);
    return result;
}

static int write_output(const char *folder, const char *name, const Tensor *output)
{
    int64_t count = error_pending() ? 0 : tensor_count(output);
    float *values = memory_array((size_t)count + 1, sizeof *values);
    int result = tensor_to_floats(output, values, count);
    if (result == 0)
        result = write_values(folder, name, "output", values, count);
    free(values);
    return result;
}

static int run_case(Network *network, const char *folder, const char *name)
{
    int n, h, w;
    if (sscanf(name, "%4dx%4dx%4d", &n, &h, &w) != 3 || n < 1 || h < 1 || w < 1)
        return error_set(ERROR_USAGE, "%s: not NxHxW", name);
    int64_t shape[4] = {n, network_graph(network)->nodes[0]->channels, h, w};
    int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
    float *values = memory_array((size_t)count, sizeof *values);
    Random random = random_stream(1, RANDOM_TEST, (uint64_t)h * 10000 + (uint64_t)w, (uint32_t)n);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)random_uniform(&random);
    int result = write_values(folder, name, "input", values, count);
    tensor_scope_begin();
    Tensor *input = tensor_from_floats(values, 4, shape);
    free(values);
    Tensor *output = network_forward(network, input, FORWARD_FROZEN, NULL);
    if (result == 0)
        result = write_output(folder, name, output);
    tensor_scope_end();
    return result;
}

static int run_cases(const Graph *g, const Weights *weights, const char *folder, char **names)
{
    Network *network = network_new(g, weights, PRECISION_FP32);
    int result = network ? 0 : -1;
    for (; result == 0 && *names; names++)
        result = run_case(network, folder, *names);
    network_free(network);
    return result;
}

static int run_model(const char *path, const char *folder, char **names)
{
    Model *model = model_read(path);
    int result = model ? run_cases(model->graph, model->weights, folder, names) : -1;
    model_free(model);
    return result;
}

/* FOLDER/NAME.onnx, and in float16 FOLDER/NAME.half.onnx. */
static int write_both(const char *folder, const Graph *g, const Weights *weights, OnnxAbout about)
{
    int result = 0;
    for (int half = 0; half <= 1; half++) {
        char *path = memory_print("%s/%s%s.onnx", folder, about.name, half ? ".half" : "");
        about.half = half;
        if (result == 0)
            result = onnx_write(path, g, weights, &about);
        free(path);
    }
    return result;
}

static int run_operations(const char *folder, char **names)
{
    Graph *g = operations_graph();
    Weights *weights = g ? operations_weights(g) : NULL;
    OnnxAbout about = {.name = "operations", .description = "Every operation.", .scale = 1};
    int result = weights ? write_both(folder, g, weights, about) : -1;
    if (result == 0)
        result = run_cases(g, weights, folder, names);
    weights_free(weights);
    graph_free(g);
    return result;
}

/* Initial weights would leave some of what they stand for unseen: biases and tables that are as
 * good as zero, factors of one. Composed kernels are left alone: they are stored beside their
 * parts. */
static void stir(const Graph *g, Weights *weights)
{
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i]->parts[0] >= 0)
            return;
    for (int i = 0; i < g->parameter_count; i++) {
        const Parameter *p = &g->parameters[i];
        Random random = random_stream(2, RANDOM_TEST, (uint64_t)i, 0);
        float *values = weights_find(weights, p->key)->values;
        bool seen = p->rank > 1 && !strstr(p->key, "table");
        for (int64_t k = 0; !seen && p->trained && k < p->count; k++)
            values[k] += (float)random_range(&random, -0.1, 0.1);
    }
}

static int run_network(const char *text, const char *folder, char **names)
{
    char *json;
    int scale = (int)strtol(text, &json, 10);
    cJSON *object = json_parse(json, strlen(json), "network");
    Specification s = {0};
    Graph *g = object && specification_parse(&s, object, KIND_ANY, scale, "network") == 0
                   ? specification_build(&s)
                   : NULL;
    Weights *weights = g ? graph_initial_weights(g, 5) : NULL;
    OnnxAbout about = {.name = "network", .description = "A network.", .scale = scale};
    if (weights)
        stir(g, weights);
    int result = weights ? write_both(folder, g, weights, about) : -1;
    if (result == 0)
        result = run_cases(g, weights, folder, names);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    return result;
}

static int run(const char *what, const char *folder, char **names)
{
    if (strcmp(what, "--operations") == 0)
        return run_operations(folder, names);
    return strchr(what, '{') ? run_network(what, folder, names) : run_model(what, folder, names);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: reference_output MODEL|SCALE{...}|--operations FOLDER "
              "NxHxW...\n",
              stderr);
        return 2;
    }
    int result = tensor_begin(threads_count(), "cpu");
    tensor_no_grad_begin();
    if (result == 0)
        result = run(argv[1], argv[2], argv + 3);
    tensor_no_grad_end();
    if (result != 0)
        fprintf(stderr, "reference_output: %s\n", error_message());
    return result == 0 ? 0 : 1;
}
