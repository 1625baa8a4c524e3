#include "train/run.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"
#include "nets/model.h"
#include "train/stage.h"

/* Seeds of the two networks' initial weights differ. */
enum { DISCRIMINATOR_SEED = 1 };

static int open_source(Run *run, int index)
{
    const SourceConfig *s = (const SourceConfig *)run->config->data.train.items + index;
    BatchSource *source = &run->sources[index];
    source->weight = s->weight;
    source->store = pairs_open(s->pairs);
    if (!source->store)
        return -1;
    run->source_count = index + 1;
    int scale = pairs_info(source->store)->scale;
    if (scale != run->config->scale)
        return error_set(ERROR_CONFIG, "%s: pairs of scale %d, but the config's scale is %d",
                         s->pairs, scale, (int)run->config->scale);
    return 0;
}

static int open_data(Run *run)
{
    const Config *c = run->config;
    run->sources = memory_array((size_t)c->data.train.count, sizeof *run->sources);
    for (int i = 0; i < c->data.train.count; i++)
        if (open_source(run, i) != 0)
            return error_note("data.train[%d]", i);
    if (!c->data.validation.hr)
        return 0;
    run->validation = validation_open(c, run->folder, run->sources, run->source_count);
    return run->validation ? 0 : -1;
}

/* Every stage's batch against the ranks, and its crops against the tiles. */
static int check_batches(const Run *run)
{
    for (int i = 0; i < run->config->stages.count; i++) {
        const StageConfig *stage = config_stage(run->config, i);
        if (stage->batch < ranks_size())
            return error_set(ERROR_CONFIG, "stages[%d].batch: %d samples for %d ranks", i,
                             (int)stage->batch, ranks_size());
        BatchPlan plan = {.batch = stage->batch, .crop = (int)stage->crop};
        Batches *none = batches_open(run->sources, run->source_count, &plan, 1);
        if (!none)
            return error_note("stages[%d].crop", i);
        batches_close(none);
    }
    return 0;
}

static bool any_stage(const Config *c, bool (*uses)(const Config *, const StageConfig *))
{
    for (int i = 0; i < c->stages.count; i++)
        if (uses(c, config_stage(c, i)))
            return true;
    return false;
}

static Precision choose_precision(const Config *c)
{
    bool bf16 =
        c->precision == CHOOSE_BF16 || (c->precision == CHOOSE_AUTO && tensor_bf16_is_fast());
    return bf16 ? PRECISION_BF16 : PRECISION_FP32;
}

static int open_networks(Run *run)
{
    const Config *c = run->config;
    uint64_t seed = (uint64_t)c->seed;
    if (tensor_begin(threads_count(), config_device(c)) != 0)
        return -1;
    run->precision = choose_precision(c);
    run->generator = learner_new("generator", &c->generator_specification, c->generator_weights,
                                 seed, run->precision, true);
    if (!run->generator)
        return error_note("generator");
    if (any_stage(c, config_uses_vgg) &&
        !(run->vgg = vgg_open(c->features.weights, run->precision)))
        return error_note("features.weights");
    if (!any_stage(c, config_uses_discriminator))
        return 0;
    run->discriminator = learner_new("discriminator", &c->discriminator_specification, NULL,
                                     seed + DISCRIMINATOR_SEED, run->precision, false);
    return run->discriminator ? 0 : error_note("discriminator");
}

/* The folder exists afterwards, and holds the config that is in force. */
static int prepare_folder(const Run *run, bool resume)
{
    char *path = file_join(run->folder, "config.json");
    int result = 0;
    if (!resume && file_exists(path)) {
        result = error_set(ERROR_FILE,
                           "%s: holds a run already; --resume continues it, -o DIR "
                           "starts another",
                           run->folder);
    } else if ((result = file_make_directories(run->folder)) == 0) {
        cJSON *config = config_dump(run->config);
        result = json_write(path, config);
        cJSON_Delete(config);
    }
    free(path);
    return result;
}

static void announce(const Run *run)
{
    int64_t pairs = 0;
    for (int i = 0; i < run->source_count; i++)
        pairs += pairs_info(run->sources[i].store)->count;
    char discriminator[64] = "";
    if (run->discriminator)
        snprintf(discriminator, sizeof discriminator, ", discriminator %lld",
                 (long long)run->discriminator->count);
    log_info("%s: generator %lld parameters%s; %s; %d ranks x %d threads; %lld pairs; x%d",
             run->config->name, (long long)run->generator->count, discriminator,
             run->precision == PRECISION_BF16 ? "bf16" : "fp32", ranks_size(), threads_count(),
             (long long)pairs, (int)run->config->scale);
}

int run_open(Run *run, const Config *config, const char *folder, bool resume)
{
    *run = (Run){.config = config, .folder = folder};
    cJSON *dump = config_dump(config);
    run->config_text = json_line(dump);
    cJSON_Delete(dump);
    if (open_data(run) == 0 && check_batches(run) == 0)
        open_networks(run);
    if (ranks_agree() != 0)
        return -1;
    if (resume && run_resume(run) != 0)
        return -1;
    if (ranks_rank() == 0 && prepare_folder(run, resume) == 0)
        run->journal = journal_open(folder, run->position.step);
    if (ranks_agree() != 0)
        return -1;
    announce(run);
    return 0;
}

void run_close(Run *run)
{
    journal_close(run->journal);
    validation_close(run->validation);
    vgg_close(run->vgg);
    learner_free(run->discriminator);
    learner_free(run->generator);
    for (int i = 0; i < run->source_count; i++)
        pairs_close(run->sources[i].store);
    free(run->sources);
    free(run->config_text);
    *run = (Run){0};
}

int run_checkpoint(Run *run)
{
    if (ranks_rank() == 0) {
        char *path = checkpoint_path(run->folder, run->position.step);
        if (checkpoint_write(path, &run->position, run->config_text, run->generator,
                             run->discriminator) == 0)
            checkpoint_prune(run->folder, run->position.step, run->config->checkpoint.keep);
        free(path);
    }
    return ranks_agree();
}

/* What the model was made from, as one line of JSON. */
static char *provenance(const Run *run, const StageConfig *stage)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "run", run->config->name);
    cJSON_AddStringToObject(root, "stage", stage->name);
    cJSON_AddNumberToObject(root, "steps", (double)run->position.step);
    if (run->config->generator_weights)
        cJSON_AddStringToObject(root, "start", run->config->generator_weights);
    cJSON *data = cJSON_AddArrayToObject(root, "data");
    for (int i = 0; i < run->source_count; i++) {
        const PairInfo *info = pairs_info(run->sources[i].store);
        cJSON *source = cJSON_CreateObject();
        cJSON_AddStringToObject(source, "pairs", pairs_path(run->sources[i].store));
        cJSON_AddNumberToObject(source, "count", (double)info->count);
        cJSON_AddNumberToObject(source, "seed", (double)info->seed);
        cJSON_AddStringToObject(source, "degradation", info->degradation);
        cJSON_AddItemToArray(data, source);
    }
    char *text = json_line(root);
    cJSON_Delete(root);
    return text;
}

static int write_model_as(const Run *run, const char *name, const Weights *weights)
{
    char *path = memory_print("%s/%s.safetensors", run->folder, name);
    int result = model_write(path, &run->config->generator_specification, weights);
    free(path);
    return result;
}

static int write_model(const Run *run, const StageConfig *stage)
{
    Weights *weights = network_weights(run->generator->network, run->generator->average);
    if (!weights)
        return -1;
    char *text = provenance(run, stage);
    weights_set_text(weights, "unmush.config", run->config_text);
    weights_set_text(weights, "unmush.provenance", text);
    free(text);
    int result = write_model_as(run, stage->name, weights);
    if (result == 0 && stage == config_stage(run->config, run->config->stages.count - 1))
        result = write_model_as(run, "model", weights);
    weights_free(weights);
    return result;
}

int run_write_model(Run *run, const StageConfig *stage)
{
    if (ranks_rank() == 0)
        write_model(run, stage);
    return ranks_agree();
}

/* Moves to the first stage that has steps left; false if there is none. */
static bool find_stage(Run *run)
{
    Position *p = &run->position;
    while (p->stage < run->config->stages.count &&
           p->stage_step >= config_stage(run->config, (int)p->stage)->steps) {
        p->stage++;
        p->stage_step = 0;
    }
    return p->stage < run->config->stages.count;
}

/* A stage that --resume shortened to what was done already still owes its model. Collective. */
static int finish_stage(Run *run)
{
    const Position *p = &run->position;
    const StageConfig *stage = config_stage(run->config, (int)p->stage);
    return p->stage_step == stage->steps ? run_write_model(run, stage) : 0;
}

int run_train(Run *run)
{
    if (finish_stage(run) != 0)
        return -1;
    if (!find_stage(run))
        log_info("%s: all stages are done", run->folder);
    while (find_stage(run))
        if (stage_train(run) != 0)
            return -1;
    return 0;
}
