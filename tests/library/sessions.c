/* ONNX files, with a library that pretends to be ONNX Runtime (tests/onnx/pretended.c). */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "nets/layers.h"
#include "nets/onnx/write.h"
#include "tests/library/models.h"
#include "tests/unit.h"

/* A file that both ONNX Runtime, or what pretends to be it, and libtorch can run. Its arrays are so
 * large that libtorch converts them in parallel. */
static const char *onnx_file(void)
{
    Graph *g = graph_new();
    Node *x = layer_conv(g, "first", layer_input(g, 3), 128, 3);
    x = layer_conv(g, "last", layer_conv(g, "large", x, 128, 3), 3, 3);
    graph_output(g, layer_nearest(g, x, 2));
    Weights *weights = graph_initial_weights(g, 1);
    const char *path = unit_scratch("library.onnx");
    OnnxAbout about = {.name = "test", .description = "A test.", .scale = 2};
    CHECK(onnx_write(path, g, weights, &about) == 0);
    weights_free(weights);
    graph_free(g);
    return path;
}

/* Opens the file in a thread that has never called libtorch. */
static void *open_in_thread(void *options)
{
    unmush_model *m = NULL;
    openmp_set_threads(3);
    int before = openmp_threads();
    CHECK(unmush_open(&m, onnx_file(), options, NULL, 0) == UNMUSH_OK);
    CHECK(openmp_threads() == before);
    bool bf16 = ((unmush_options *)options)->bf16;
    CHECK(m && strncmp(unmush_engine(m), bf16 ? "libtorch " : "ONNX Runtime ", 9) == 0);
    unmush_close(m);
    return NULL;
}

TEST(bf16_of_an_onnx_file_leaves_the_callers_thread_as_it_was)
{
    unmush_options options = UNMUSH_OPTIONS;
    pthread_t thread;
    setenv("UNMUSH_ONNXRUNTIME", PRETENDED_RUNTIME, 1);
    unmush_close(model_opened(0, 1)); /* libtorch, and OpenMP with it, are loaded */
    for (options.bf16 = 0; options.bf16 < 2; options.bf16++) {
        REQUIRE(pthread_create(&thread, NULL, open_in_thread, &options) == 0);
        pthread_join(thread, NULL);
    }
    unsetenv("UNMUSH_ONNXRUNTIME");
}
