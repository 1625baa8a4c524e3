/* One made-up picture through a model, as `unmush upscale` runs it, for tests/bench/speed.py, which
 * runs PyTorch in turns with it. ONNX files are run by ONNX Runtime.
 *
 *     bench_upscale MODEL fp32|bf16 WxH
 *
 * Obeys lines (process.h), "steps N" for N pictures and also
 *     output FILE   writes the result as float planes
 *     engine        what computes */
#include "core/file.h"
#include "core/memory.h"
#include "core/threads.h"
#include "nets/onnx/file.h"
#include "tests/bench/process.h"
#include "upscale/engine.h"

enum { CHANNELS = 3 };

typedef struct Bench {
    Engine *engine;
    int64_t h, w;
    float *lr, *sr;
    size_t count; /* of sr */
} Bench;

static int open_bench(Bench *b, const char *model, Precision precision)
{
    b->engine = engine_open(model, precision, onnx_file_is(model) ? ONNX_RUNTIME : ONNX_AUTO);
    if (!b->engine)
        return -1;
    size_t count = (size_t)(CHANNELS * b->h * b->w), scale = (size_t)b->engine->scale;
    b->count = count * scale * scale;
    b->lr = memory_array(count, sizeof *b->lr);
    b->sr = memory_array(b->count, sizeof *b->sr);
    for (size_t i = 0; i < count; i++)
        b->lr[i] = (float)((uint32_t)i * 2654435761u >> 24) / 255;
    return 0;
}

static int run(void *context)
{
    Bench *b = context;
    return engine_run(b->engine, b->lr, b->h, b->w, b->sr);
}

static int other(void *context, char *line)
{
    Bench *b = context;
    if (strncmp(line, "output ", 7) == 0 &&
        (run(b) != 0 || file_write_whole(line + 7, b->sr, b->count * sizeof *b->sr) != 0))
        return -1;
    puts(b->engine->text);
    return 0;
}

int main(int argc, char **argv)
{
    long w, h;
    if (argc != 4 || sscanf(argv[3], "%ldx%ld", &w, &h) != 2) {
        fprintf(stderr, "bench_upscale MODEL fp32|bf16 WxH\n");
        return 2;
    }
    Bench b = {.h = h, .w = w};
    long start = 0;
    if (tensor_begin(threads_count(), "auto") == 0) {
        start = memory_of_process("VmRSS:");
        open_bench(&b, argv[1], strcmp(argv[2], "bf16") == 0 ? PRECISION_BF16 : PRECISION_FP32);
    }
    return obey_lines("bench_upscale", start, run, other, &b);
}
