/* One network, several threads. */
#include <pthread.h>
#include <stdlib.h>

#include "core/error.h"
#include "nets/architecture.h"
#include "nets/network.h"
#include "tests/unit.h"

enum { THREADS = 4, TIMES = 5, EDGE = 24, VALUES = 3 * EDGE * EDGE };

typedef struct Worker {
    Network *network;
    int scale, seed;
    float *output; /* of the last of TIMES equal passes */
    bool good;
    ErrorReport report;
} Worker;

static void *work(void *argument)
{
    Worker *w = argument;
    int64_t shape[] = {1, 3, EDGE, EDGE}, count = (int64_t)VALUES * w->scale * w->scale;
    float input[VALUES];
    for (int i = 0; i < VALUES; i++)
        input[i] = (float)((i * 37 + w->seed * 101) % 255) / 255;
    float *before = calloc((size_t)count, sizeof *before);
    w->output = calloc((size_t)count, sizeof *w->output);
    w->good = true;
    int threads = tensor_threads(1 + w->seed % 2);
    for (int i = 0; i < TIMES; i++) {
        tensor_scope_begin();
        tensor_no_grad_begin();
        Tensor *image = tensor_from_floats(input, 4, shape);
        Tensor *sr = network_forward(w->network, image, FORWARD_FROZEN, NULL);
        if (tensor_to_floats(sr, w->output, count) != 0 ||
            (i > 0 && memcmp(before, w->output, (size_t)count * sizeof *before) != 0))
            w->good = false;
        memcpy(before, w->output, (size_t)count * sizeof *before);
        tensor_no_grad_end();
        tensor_scope_end();
    }
    tensor_threads(threads);
    free(before);
    w->report = error_take();
    return NULL;
}

static void check(const char *name, Precision precision)
{
    Specification s = {0};
    cJSON *object = cJSON_Parse(name);
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, 2, "") == 0);
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, 1);
    Network *network = network_new(g, weights, precision);
    REQUIRE(network != NULL);
    int64_t live = tensor_live();
    Worker workers[THREADS], alone[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        workers[i] = alone[i] = (Worker){.network = network, .scale = s.scale, .seed = i};
    for (int i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        size_t bytes = (size_t)VALUES * (size_t)(s.scale * s.scale) * sizeof(float);
        work(&alone[i]);
        CHECK(workers[i].good && alone[i].good);
        CHECK(workers[i].report.code == ERROR_NONE);
        CHECK(memcmp(workers[i].output, alone[i].output, bytes) == 0);
        free(workers[i].output);
        free(alone[i].output);
    }
    CHECK(tensor_live() == live);
    network_free(network);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
}

TEST(threads_that_share_a_network_compute_what_one_alone_does)
{
    static const char *const NETWORKS[] = {
        "{\"type\":\"srvgg\",\"features\":16,\"convs\":3}",
        "{\"type\":\"rrdb\",\"features\":16,\"growth\":8,\"blocks\":1}",
        "{\"type\":\"span\",\"features\":16}",
        "{\"type\":\"swinir\",\"features\":24,\"layers\":1,\"depth\":2,\"heads\":2}",
    };
    for (size_t i = 0; i < sizeof NETWORKS / sizeof *NETWORKS; i++)
        check(NETWORKS[i], PRECISION_FP32);
    check(NETWORKS[0], PRECISION_BF16);
}

static void *fail(void *unused)
{
    (void)unused;
    tensor_scope_begin();
    tensor_add(tensor_zeros(1, (int64_t[]){2}), tensor_zeros(1, (int64_t[]){3}));
    tensor_scope_end();
    return error_pending() == ERROR_TENSOR ? NULL : "no error";
}

TEST(an_error_of_one_thread_is_no_other_threads_error)
{
    pthread_t other;
    void *result = "not joined";
    tensor_scope_begin();
    Tensor *here = tensor_zeros(1, (int64_t[]){2});
    REQUIRE(pthread_create(&other, NULL, fail, NULL) == 0);
    pthread_join(other, &result);
    CHECK(result == NULL);
    CHECK(tensor_count(here) == 2);
    tensor_scope_end();
    CHECK_NO_ERROR();
}
