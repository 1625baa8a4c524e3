#include "train/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/findings.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"
#include "nets/model.h"
#include "train/agreement.h"
#include "train/recovery.h"
#include "train/stage.h"

/* Seeds of the two networks' initial weights differ. */
enum { DISCRIMINATOR_SEED = 1 };

static PairSource *open_stored(const Config *c, const SourceConfig *s)
{
    PairSource *source = pair_source_stored(s->pairs);
    int scale = source ? pair_source_scale(source) : (int)c->scale;
    if (scale == c->scale)
        return source;
    error_set(ERROR_CONFIG, "%s: pairs of scale %d, but the config's scale is %d", s->pairs, scale,
              (int)c->scale);
    pair_source_close(source);
    return NULL;
}

/* Opens data.train[index]; errors begin with the key that they are about. */
static PairSource *open_source(const Run *run, int index, const HeldOut *held_out)
{
    const SourceConfig *s = config_source(run->config, index);
    int scale = (int)run->config->scale;
    PairSource *source = NULL;
    Degradation *degradation = s->degrade ? degradation_open(s->degrade) : NULL;
    const char *key = s->pairs ? "pairs" : "hr";
    if (s->pairs)
        source = open_stored(run->config, s);
    else if (degradation)
        source = pair_source_degraded(s->hr, degradation, scale, s->size, run->pool, held_out);
    else if (s->lr && file_is_directory(s->lr))
        source = pair_source_real(s->hr, s->lr, scale, run->pool, held_out);
    else if (s->lr)
        error_set(ERROR_FILE, "%s: no such folder", s->lr);
    if (!source && !degradation && !s->pairs)
        key = s->degrade ? "degrade" : "lr";
    if (!source)
        error_note("data.train[%d].%s", index, key);
    return source;
}

/* Opens all that can be opened; errors are put aside. */
static void open_sources(Run *run, const HeldOut *held_out, Findings *findings)
{
    const Config *c = run->config;
    run->sources = memory_array((size_t)c->data.train.count, sizeof *run->sources);
    for (int i = 0; i < c->data.train.count; i++) {
        PairSource *source = open_source(run, i, held_out);
        findings_add(findings);
        if (!source)
            continue;
        run->sources[run->source_count++] = (BatchSource){source, config_source(c, i)->weight};
        if (pair_source_held_out(source) > 0)
            log_info("data.train[%d]: %d pictures are left out, which validation shows", i,
                     pair_source_held_out(source));
    }
}

static void open_data(Run *run, Findings *findings)
{
    const Config *c = run->config;
    int64_t memory = c->data.memory << 20;
    run->pool = picture_pool_new(memory > 0 ? memory : picture_pool_default_bytes());
    if (c->data.validation.hr)
        run->validation = validation_open(c, run->folder);
    HeldOut *held_out = run->validation ? validation_files(run->validation) : NULL;
    findings_add(findings);
    open_sources(run, held_out, findings);
    held_out_free(held_out);
    if (run->validation)
        validation_warn(run->validation, run->sources, run->source_count);
    findings_add(findings);
}

/* Every stage's batch against the ranks, and its crops against the tiles and pictures. */
static int check_batches(const Run *run)
{
    for (int i = 0; i < run->config->stages.count; i++) {
        const StageConfig *stage = config_stage(run->config, i);
        if (stage->batch < ranks_size())
            return error_set(ERROR_CONFIG, "stages[%d].batch: %d samples for %d ranks", i,
                             (int)stage->batch, ranks_size());
        BatchPlan plan = {.batch = stage->batch, .crop = (int)stage->crop};
        if (batches_check(run->sources, run->source_count, &plan) != 0)
            return error_note("stages[%d].crop", i);
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
    if (c->precision == CHOOSE_AUTO)
        return network_fast_precision();
    return c->precision == CHOOSE_BF16 ? PRECISION_BF16 : PRECISION_FP32;
}

static int choose_backend(const Config *c)
{
    network_choose_backend((Backend)c->backend);
    if (c->backend != BACKEND_FUSED || tensor_on_processor())
        return 0;
    return error_set(ERROR_CONFIG, "backend: fused computes in host memory, not on a GPU");
}

static int open_networks(Run *run)
{
    const Config *c = run->config;
    uint64_t seed = (uint64_t)c->seed;
    if (tensor_begin(threads_count(), config_device(c)) != 0 || choose_backend(c) != 0)
        return -1;
    run->precision = choose_precision(c);
    run->generator = learner_new("generator", &c->generator_specification, c->generator_weights,
                                 seed, run->precision, true);
    if (!run->generator)
        return error_note("generator");
    if (any_stage(c, config_uses_vgg) &&
        !(run->vgg = vgg_open(c->features.weights, run->precision)))
        return error_note("features.weights");
    if (any_stage(c, config_uses_lpips) &&
        !(run->lpips = lpips_require(c->lpips.weights, (LpipsNet)c->lpips.net, run->precision)))
        return error_note("lpips.weights");
    if (!any_stage(c, config_uses_discriminator))
        return 0;
    run->discriminator = learner_new("discriminator", &c->discriminator_specification, NULL,
                                     seed + DISCRIMINATOR_SEED, run->precision, false);
    return run->discriminator ? 0 : error_note("discriminator");
}

int run_open_networks(Run *run)
{
    int result = open_networks(run);
    memory_give_back(); /* of weights' files, and their values in between */
    return result;
}

/* Collective. */
static int connect_ranks(Run *run)
{
    ExchangePlan plan = {.overlap = run->config->exchange.overlap,
                         .bf16 = run->config->exchange.bf16};
    if (learner_connect(run->generator, &plan) == 0 && run->discriminator)
        learner_connect(run->discriminator, &plan);
    return ranks_agree();
}

/* The folder exists afterwards, and holds the config that is in force. */
static int prepare_folder(const Run *run, RunMode mode)
{
    char *path = file_join(run->folder, "config.json");
    int result = 0;
    if (mode == RUN_NEW && file_exists(path)) {
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

static void describe_data(int64_t tiles, int64_t pictures, char *text, size_t size)
{
    if (pictures == 0)
        snprintf(text, size, "%lld pairs", (long long)tiles);
    else if (tiles == 0)
        snprintf(text, size, "%lld pictures", (long long)pictures);
    else
        snprintf(text, size, "%lld pairs, %lld pictures", (long long)tiles, (long long)pictures);
}

/* Why a network is computed as it is: "chosen" where the config or the environment says so. */
static void announce_backend(const Run *run, const Learner *learner)
{
    const Config *c = run->config;
    if (!learner)
        return;
    char *text = network_describe(learner->network);
    log_info("%s: %s (backend %s, precision %s)", learner->name, text,
             fields_choice(CONFIG_BACKENDS, c->backend),
             c->precision == CHOOSE_AUTO ? "auto: the faster one here" : "as configured");
    free(text);
}

static void announce(const Run *run)
{
    int64_t tiles = 0, pictures = 0;
    for (int i = 0; i < run->source_count; i++) {
        const PairSource *source = run->sources[i].source;
        *(pair_source_store(source) ? &tiles : &pictures) += pair_source_count(source);
    }
    char data[64];
    describe_data(tiles, pictures, data, sizeof data);
    char discriminator[64] = "";
    if (run->discriminator)
        snprintf(discriminator, sizeof discriminator, ", discriminator %lld",
                 (long long)run->discriminator->count);
    log_info("%s: generator %lld parameters%s; %s; %d rank%s x %d thread%s; %s; x%d",
             run->config->name, (long long)run->generator->count, discriminator,
             run->precision == PRECISION_BF16 ? "bf16" : "fp32", ranks_size(),
             ranks_size() > 1 ? "s" : "", threads_count(), threads_count() > 1 ? "s" : "", data,
             (int)run->config->scale);
    announce_backend(run, run->generator);
    announce_backend(run, run->discriminator);
}

int run_open(Run *run, const Config *config, const char *folder, RunMode mode)
{
    *run = (Run){.config = config, .folder = folder};
    cJSON *dump = config_dump(config);
    run->config_text = json_line(dump);
    cJSON_Delete(dump);
    Findings findings = {0};
    open_data(run, &findings);
    if (run->source_count == config->data.train.count)
        check_batches(run);
    findings_add(&findings);
    run_open_networks(run);
    findings_add(&findings);
    findings_end(&findings);
    if (ranks_agree() != 0 || agreement_check_setting(run) != 0 || connect_ranks(run) != 0)
        return -1;
    if (mode == RUN_RESUME && run_resume(run) != 0)
        return -1;
    if (mode != RUN_DRY && ranks_rank() == 0 && prepare_folder(run, mode) == 0)
        run->chronicle = chronicle_open(config, folder, run->position.step);
    if (ranks_agree() != 0)
        return -1;
    announce(run);
    return 0;
}

void run_close(Run *run)
{
    chronicle_close(run->chronicle);
    validation_close(run->validation);
    vgg_close(run->vgg);
    lpips_free(run->lpips);
    learner_free(run->discriminator);
    learner_free(run->generator);
    for (int i = 0; i < run->source_count; i++)
        pair_source_close(run->sources[i].source);
    free(run->sources);
    picture_pool_free(run->pool);
    free(run->config_text);
    *run = (Run){0};
}

static void prune(const Run *run)
{
    int64_t kept[CHECKPOINTS_MOST_KEPT + CRITERION_COUNT];
    CheckpointRule rule = {
        .step = run->position.step, .each = run->config->checkpoint.each, .kept = kept};
    rule.kept_count =
        recovery_list(run->config, run->folder, (int)run->config->checkpoint.keep, kept);
    rule.kept_count += best_steps(chronicle_best(run->chronicle), kept + rule.kept_count);
    checkpoint_prune(run->folder, &rule);
}

int run_checkpoint(Run *run)
{
    if (ranks_rank() == 0) {
        char *path = checkpoint_path(run->folder, run->position.step);
        if (checkpoint_write(path, &run->position, run->config_text, run->generator,
                             run->discriminator) == 0)
            prune(run);
        chronicle_report(run->chronicle);
        free(path);
    }
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

/* What bicubic enlargements of the validation pictures measure, once in a run's log. Collective. */
static int measure_baseline(Run *run)
{
    cJSON *means = validation_baseline(run->validation);
    if (!means)
        return -1;
    cJSON *line = cJSON_CreateObject();
    cJSON_AddNumberToObject(line, "step", 0);
    cJSON_AddItemToObject(line, "baseline", means);
    chronicle_add(run->chronicle, line);
    cJSON_Delete(line);
    return ranks_agree();
}

/* The page shows at once what is known of a run that goes on. Collective. */
static int show_known(Run *run)
{
    int64_t known[2] = {chronicle_has_baseline(run->chronicle),
                        chronicle_validated(run->chronicle)};
    if (!run->validation)
        return 0;
    if (ranks_broadcast(known, sizeof known) != 0 || (!known[0] && measure_baseline(run) != 0))
        return -1;
    if (known[1] < 0)
        return 0;
    if (validation_restore(run->validation, known[1]) != 0)
        return -1;
    chronicle_show(run->chronicle, run->validation, known[1]);
    return ranks_agree();
}

int run_train(Run *run)
{
    if (show_known(run) != 0)
        return -1;
    if (finish_stage(run) != 0 || (run->position.step == 0 && run_checkpoint(run) != 0))
        return -1;
    if (!find_stage(run))
        log_info("%s: all stages are done", run->folder);
    while (find_stage(run))
        if (stage_train(run) != 0)
            return -1;
    return 0;
}
