#include "train/estimate.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "nets/features.h"
#include "nets/memory.h"
#include "train/stage.h"

/* What the kernels' library takes beside tensors, and free places between tensors. */
static const int64_t KERNELS = 24 << 20;
static const double BETWEEN = 0.1;

static int64_t host_memory_free(void)
{
    return memory_available() / ranks_on_host();
}

static int64_t parameters_of(const Learner *l)
{
    int vectors = 2 + tensor_optimiser_states(l->optimiser) + (l->average ? 1 : 0);
    return l->count * vectors * (int64_t)sizeof(float);
}

/* What one stage computes with. */
typedef struct Sizes {
    const Run *run;
    const StageConfig *stage;
    int64_t samples, edge; /* of one part of a rank's batch; of HR */
} Sizes;

static int64_t picture_bytes(const Sizes *s)
{
    return s->samples * 3 * s->edge * s->edge * (int64_t)sizeof(float);
}

/* Differences, their absolute values and gradients, of every loss that compares pictures. */
static int64_t losses_bytes(const Sizes *s)
{
    int losses = 1;
    for (int i = 0; i < LOSS_COUNT; i++)
        losses += s->stage->loss.weights[i] > 0;
    return (1 + 2 * losses) * picture_bytes(s);
}

static int add_network(const Sizes *s, const Graph *g, bool frozen, PassMemory *memory)
{
    MemoryPlan plan = {.precision = s->run->precision,
                       .samples = s->samples,
                       .h = s->edge,
                       .w = s->edge,
                       .segments = 1,
                       .into_input = true,
                       .frozen = frozen};
    return memory_of_pass(g, &plan, memory);
}

/* VGG19 sees both pictures; gradients go through one of them. */
static int features_bytes(const Sizes *s, PassMemory *memory)
{
    if (!config_uses_vgg(s->run->config, s->stage))
        return 0;
    Graph *g = vgg19_graph();
    int result = g ? add_network(s, g, true, memory) : -1;
    graph_free(g);
    return result;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int stage_bytes(const Run *run, int index, int64_t *bytes)
{
    const StageConfig *stage = config_stage(run->config, index);
    MemoryPlan plan = stage_plan(run, index);
    Sizes s = {run, stage, plan.samples, stage->crop * run->config->scale};
    PassMemory generator = {0}, discriminator = {0}, features = {0};
    if (plan.segments < 0 || memory_of_pass(run->generator->graph, &plan, &generator) != 0 ||
        features_bytes(&s, &features) != 0 ||
        (config_uses_discriminator(run->config, stage) &&
         add_network(&s, run->discriminator->graph, false, &discriminator) != 0))
        return -1;
    /* One after the other, while the generator keeps what it needs; the discriminator goes back
     * from both its passes at once. */
    int64_t comparing = generator.kept + features.most + features.kept;
    int64_t judged = generator.kept + discriminator.kept + discriminator.most;
    int64_t most = larger(generator.most, larger(comparing, judged));
    *bytes = larger(*bytes, losses_bytes(&s) + most);
    return 0;
}

int estimate_run(const Run *run, Estimate *e)
{
    *e = (Estimate){.process = memory_resident(), .parameters = parameters_of(run->generator)};
    if (run->discriminator)
        e->parameters += parameters_of(run->discriminator);
    for (int i = 0; i < run->config->stages.count; i++) {
        const StageConfig *stage = config_stage(run->config, i);
        int64_t own = ranks_share(stage->batch, 0, ranks_size()).count;
        if (stage_bytes(run, i, &e->activations) != 0)
            return error_note("stages[%d]", i);
        e->data =
            larger(e->data, batches_ahead_bytes(own, (int)stage->crop, (int)run->config->scale));
    }
    e->data += picture_pool_expected_bytes(run->pool);
    int64_t tensors = KERNELS + (int64_t)((1 + BETWEEN) * (double)e->activations);
    int64_t device = tensor_device_memory_free();
    e->total = device > 0 ? e->parameters + tensors : e->process + tensors + e->data;
    e->available = device > 0 ? device + e->parameters : host_memory_free() + e->process;
    return 0;
}

void estimate_print(const Estimate *e, char *text, size_t size)
{
    const double MB = 1 << 20;
    int length = snprintf(
        text, size, "memory: about %.0f MB per rank (parameters %.0f, activations %.0f, data %.0f)",
        (double)e->total / MB, (double)e->parameters / MB, (double)e->activations / MB,
        (double)e->data / MB);
    if (e->available > 0 && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, " of %.0f MB%s", (double)e->available / MB,
                 e->total > e->available ? ": TOO LITTLE" : "");
}
