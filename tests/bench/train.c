/* Training steps of one network, for tests/bench/train_peer.py, which runs PyTorch in turns with
 * it.
 *
 *     bench_train NETWORK SCALE fp32|bf16 BATCH CROP SEGMENTS WEIGHTS
 *
 * NETWORK is a config's object, {"type":"srvgg",...}; SEGMENTS 0 stands for those that take the
 * least memory. Writes the initial weights to WEIGHTS, then obeys lines of its input, each with one
 * line of answer:
 *     gradients FILE   writes the gradients of one step under the parameters' keys
 *     steps N          trains N steps: "SECONDS PROCESSOR-SECONDS LOSS"
 *     memory           "BYTES at start, BYTES at most": without network, and the most until now
 * The loss is L1, the optimiser Adam; every step has the same made-up pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"
#include "losses/l1.h"
#include "nets/memory.h"
#include "nets/model.h"
#include "nets/pass.h"
#include "tests/bench/process.h"

typedef struct Bench {
    Specification specification;
    Graph *graph;
    Network *network;
    Tensor *first, *second; /* Adam's moments */
    int64_t batch, crop, scale;
    int segments;
    uint8_t *lr, *hr;
    int64_t step;
    long start; /* bytes */
} Bench;

static uint8_t *picture_bytes(int64_t count)
{
    uint8_t *bytes = memory_new((size_t)count);
    for (int64_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)((uint32_t)i * 2654435761u >> 24);
    return bytes;
}

static Tensor *zeros(int64_t count)
{
    return tensor_own(tensor_zeros(1, &count));
}

static int build(Bench *b, const char *network, const char *precision, const char *weights_file)
{
    cJSON *object = cJSON_Parse(network);
    int status =
        specification_parse(&b->specification, object, KIND_GENERATOR, (int)b->scale, "generator");
    cJSON_Delete(object);
    b->graph = status == 0 ? specification_build(&b->specification) : NULL;
    if (!b->graph)
        return -1;
    Weights *weights = graph_initial_weights(b->graph, 1);
    MemoryPlan plan = {.precision =
                           strcmp(precision, "bf16") == 0 ? PRECISION_BF16 : PRECISION_FP32,
                       .samples = b->batch,
                       .h = b->crop,
                       .w = b->crop};
    if (b->segments == 0)
        b->segments = memory_best_segments(b->graph, &plan);
    status = model_write(weights_file, &b->specification, weights);
    b->network = network_new(b->graph, weights, plan.precision);
    weights_free(weights);
    b->first = zeros(graph_trained_count(b->graph));
    b->second = zeros(graph_trained_count(b->graph));
    int64_t edge = b->crop * b->scale;
    b->lr = picture_bytes(b->batch * b->crop * b->crop * 3);
    b->hr = picture_bytes(b->batch * edge * edge * 3);
    return error_pending() ? -1 : status;
}

/* The loss; NULL with an error. */
static Tensor *compute(const Bench *b)
{
    Tensor *output, *lr = tensor_from_rgb(b->lr, b->batch, b->crop, b->crop);
    tensor_fill(network_gradients(b->network), 0);
    NetworkPass *pass = network_pass_begin(b->network, lr, FORWARD_PLAIN, b->segments, &output);
    if (!pass)
        return NULL;
    tensor_scope_begin();
    Tensor *hr = tensor_from_rgb(b->hr, b->batch, b->crop * b->scale, b->crop * b->scale);
    Tensor *loss = loss_l1(output, hr, 1);
    Tensor *gradient = tensor_keep(tensor_gradient_of(loss, output));
    tensor_keep(loss);
    tensor_scope_end();
    tensor_free(output);
    network_pass_end(pass, gradient);
    return loss;
}

static double step(Bench *b)
{
    tensor_scope_begin();
    OptimiserStep adam = {.kind = OPTIMISER_ADAM,
                          .rate = 1e-4,
                          .beta1 = 0.9,
                          .beta2 = 0.99,
                          .epsilon = 1e-8,
                          .step = ++b->step,
                          .gradient_scale = 1};
    Tensor *loss = compute(b);
    tensor_optimise(network_values(b->network), network_gradients(b->network),
                    (Tensor *[]){b->first, b->second}, NULL, &adam);
    double value = tensor_item(loss); /* waits for a GPU's step */
    tensor_scope_end();
    return value;
}

static int write_gradients(Bench *b, const char *path)
{
    tensor_scope_begin();
    compute(b);
    Weights *gradients = network_weights(b->network, network_gradients(b->network));
    int status = gradients ? model_write(path, &b->specification, gradients) : -1;
    weights_free(gradients);
    tensor_scope_end();
    return status;
}

static void obey(Bench *b, char *line)
{
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "gradients ", 10) == 0) {
        if (write_gradients(b, line + 10) == 0)
            puts("done");
    } else if (strncmp(line, "steps ", 6) == 0) {
        double began = clock_seconds(), loss = 0;
        clock_t worked = clock();
        for (long i = strtol(line + 6, NULL, 10); i > 0 && !error_pending(); i--)
            loss = step(b);
        printf("%.6f %.6f %.6f\n", clock_seconds() - began,
               (double)(clock() - worked) / CLOCKS_PER_SEC, loss);
    } else {
        printf("%ld %ld\n", b->start, memory_of_process("VmHWM:"));
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fprintf(stderr, "bench_train NETWORK SCALE fp32|bf16 BATCH CROP SEGMENTS WEIGHTS\n");
        return 2;
    }
    Bench b = {.scale = atoi(argv[2]),
               .batch = atoi(argv[4]),
               .crop = atoi(argv[5]),
               .segments = atoi(argv[6])};
    char line[4096];
    if (tensor_begin(threads_count(), "auto") == 0) {
        b.start = memory_of_process("VmRSS:");
        if (build(&b, argv[1], argv[3], argv[7]) == 0)
            puts("ready");
        fflush(stdout);
        while (!error_pending() && fgets(line, sizeof line, stdin))
            obey(&b, line);
    }
    if (error_pending())
        fprintf(stderr, "bench_train: %s\n", error_message());
    return error_pending() ? 1 : 0;
}
