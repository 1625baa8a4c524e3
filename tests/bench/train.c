/* Training steps as `unmush train` takes them, for tests/bench/speed.py, which runs PyTorch in
 * turns with them.
 *
 *     bench_train CONFIG
 *
 * The steps are of the config's first stage; its data are not read: every step has the same made-up
 * pictures. Obeys lines (process.h), "steps N" and also
 *     weights FOLDER    writes both networks as generator.safetensors, discriminator.safetensors
 *     gradients FOLDER  the same of the gradients of one step, which is not taken
 *     losses            the newest step's, "NAME VALUE..." */
#include "core/file.h"
#include "core/memory.h"
#include "core/threads.h"
#include "nets/model.h"
#include "tests/bench/process.h"
#include "train/stage.h"

enum { CHANNELS = 3 };

typedef struct Bench {
    Config config;
    Run run;
    StepSetting setting;
    StepResult result;
    uint8_t *lr, *hr;
} Bench;

static uint8_t *picture_bytes(int64_t count)
{
    uint8_t *bytes = memory_new((size_t)count);
    for (int64_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)((uint32_t)i * 2654435761u >> 24);
    return bytes;
}

static int open_bench(Bench *b)
{
    b->run.config = &b->config;
    if (run_open_networks(&b->run) != 0)
        return -1;
    b->setting = stage_setting(&b->run, 0);
    const StageConfig *stage = b->setting.stage;
    learner_restart(b->run.generator, (OptimiserKind)stage->optimiser);
    if (b->setting.discriminator)
        learner_restart(b->run.discriminator, (OptimiserKind)stage->optimiser);
    int64_t edge = stage->crop * b->config.scale;
    b->lr = picture_bytes(stage->batch * stage->crop * stage->crop * CHANNELS);
    b->hr = picture_bytes(stage->batch * edge * edge * CHANNELS);
    return error_pending() ? -1 : 0;
}

static int step(void *context)
{
    Bench *b = context;
    int64_t index = b->run.position.stage_step++;
    if (step_compute(&b->setting, b->lr, b->hr, index, &b->result) != 0)
        return -1;
    if (*b->result.broken)
        return error_set(ERROR_RESULT, "%s is not finite", b->result.broken);
    return step_apply(&b->setting, &b->result, index);
}

static int write_network(Network *network, Tensor *values, const Specification *specification,
                         const char *folder, const char *name)
{
    Weights *weights = network_weights(network, values);
    char *path = file_join(folder, name);
    int result = weights ? model_write(path, specification, weights) : -1;
    weights_free(weights);
    free(path);
    return result;
}

static int write_networks(const Bench *b, Tensor *(*values)(Network *), const char *folder)
{
    Network *g = b->run.generator->network;
    int result = write_network(g, values(g), &b->config.generator_specification, folder,
                               "generator.safetensors");
    if (result != 0 || !b->setting.discriminator)
        return result;
    Network *d = b->run.discriminator->network;
    return write_network(d, values(d), &b->config.discriminator_specification, folder,
                         "discriminator.safetensors");
}

static int other(void *context, char *line)
{
    Bench *b = context;
    int result = 0;
    if (strncmp(line, "gradients ", 10) == 0) {
        result = step_compute(&b->setting, b->lr, b->hr, 0, &b->result);
        result = result == 0 ? write_networks(b, network_gradients, line + 10) : -1;
    } else if (strncmp(line, "weights ", 8) == 0) {
        result = write_networks(b, network_values, line + 8);
    }
    for (int i = 0; i < TERM_COUNT; i++)
        if (b->result.known[i])
            printf("%s %.9g ", term_name(i), b->result.losses[i]);
    puts("done");
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "bench_train CONFIG\n");
        return 2;
    }
    Bench b = {0};
    long start = 0;
    StringList none = {0};
    if (config_read(&b.config, argv[1], &none) == 0 &&
        tensor_begin(threads_count(), config_device(&b.config)) == 0) {
        start = memory_of_process("VmRSS:");
        open_bench(&b);
    }
    return obey_lines("bench_train", start, step, other, &b);
}
