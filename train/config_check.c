/* What field tables cannot say about a config. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/findings.h"
#include "core/memory.h"
#include "nets/lpips.h"
#include "train/config.h"

enum { LONGEST_NAME = 64 };

/* Letters, digits and _ - . in the middle: one component of a file name anywhere. */
static bool is_file_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > LONGEST_NAME || !isalnum((unsigned char)name[0]))
        return false;
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_-.", *c))
            return false;
    return true;
}

static int check_stage_name(const Config *config, int index)
{
    const char *name = config_stage(config, index)->name;
    if (!name)
        return error_set(ERROR_CONFIG, "stages[%d].name: missing", index);
    if (!is_file_name(name))
        return error_set(ERROR_CONFIG,
                         "stages[%d].name: \"%s\" is no file name of letters, digits, _ - and .",
                         index, name);
    if (strncmp(name, "best-", 5) == 0)
        return error_set(ERROR_CONFIG,
                         "stages[%d].name: best-... are the models that validation chooses", index);
    if (strcmp(name, "model") == 0)
        return error_set(ERROR_CONFIG,
                         "stages[%d].name: \"model\" is what the last stage is copied to", index);
    for (int i = 0; i < index; i++)
        if (strcmp(config_stage(config, i)->name, name) == 0)
            return error_set(ERROR_CONFIG, "stages[%d].name: \"%s\" is stages[%d] already", index,
                             name, i);
    return 0;
}

/* Whether the discriminator takes HR crops of this stage. */
static int check_discriminator(const Config *config, int index)
{
    const StageConfig *stage = config_stage(config, index);
    if (!config->discriminator)
        return error_set(ERROR_CONFIG, "stages[%d].loss.%s: needs a discriminator, there is none",
                         index,
                         stage->loss.weights[LOSS_ADVERSARIAL] > 0 ? "adversarial" : "features");
    Graph *graph = specification_build(&config->discriminator_specification);
    if (!graph)
        return error_note("discriminator");
    int64_t edge = stage->crop * config->scale;
    int64_t *extents = memory_array(2 * (size_t)graph->count, sizeof *extents);
    int result = graph_extents(graph, edge, edge, extents, extents + graph->count);
    int wanted = graph->input_size;
    bool mixes = false;
    for (int i = 0; i < graph->count; i++)
        mixes = mixes || graph->nodes[i]->operation == OPERATION_BATCH_NORM;
    free(extents);
    graph_free(graph);
    error_clear();
    const char *name = config->discriminator_specification.architecture->name;
    if (mixes && stage->loss.adversarial.r1 > 0)
        return error_set(ERROR_CONFIG,
                         "stages[%d].loss.adversarial.r1: the discriminator %s has batch norm, "
                         "through which no sample has a gradient of its own",
                         index, name);
    if (result == 0)
        return 0;
    if (wanted)
        return error_set(ERROR_CONFIG,
                         "stages[%d].crop: crops of %d give HR pictures of %d pixels, but the "
                         "discriminator %s takes %d (its size)",
                         index, (int)stage->crop, (int)edge, name, wanted);
    return error_set(ERROR_CONFIG,
                     "stages[%d].crop: HR crops of %d pixels do not fit the discriminator %s",
                     index, (int)edge, name);
}

/* The least edges of HR crops that losses are computed on: a window of 11, what is left a pixel
 * behind VGG19's and AlexNet's poolings. */
static const int LEAST_EDGES[LOSS_COUNT] = {
    [LOSS_SSIM] = 11, [LOSS_MS_SSIM] = 11, [LOSS_PERCEPTUAL] = 16, [LOSS_LPIPS] = 31};

static int check_edges(const Config *config, int index)
{
    const StageConfig *stage = config_stage(config, index);
    for (int i = 0; i < LOSS_COUNT; i++)
        if (stage->loss.weights[i] > 0 && stage->crop * config->scale < LEAST_EDGES[i])
            return error_set(ERROR_CONFIG,
                             "stages[%d].crop: crops of %d give HR pictures of %d pixels, but the "
                             "loss %s needs %d",
                             index, (int)stage->crop, (int)(stage->crop * config->scale),
                             LOSS_NAMES[i], LEAST_EDGES[i]);
    if (stage->loss.weights[LOSS_DETAIL] > 0 && config->scale < 2)
        return error_set(ERROR_CONFIG, "stages[%d].loss.detail: needs a scale of at least 2",
                         index);
    return 0;
}

static int check_loss(const Config *config, int index)
{
    const StageConfig *stage = config_stage(config, index);
    double sum = 0;
    for (int i = 0; i < LOSS_COUNT; i++)
        sum += stage->loss.weights[i];
    if (sum <= 0)
        return error_set(ERROR_CONFIG, "stages[%d].loss: no loss has a weight", index);
    if (stage->loss.weights[LOSS_PERCEPTUAL] > 0 && !config->features.weights)
        return error_set(ERROR_CONFIG,
                         "stages[%d].loss.perceptual: needs features.weights, VGG19's file, or "
                         "\"vgg19\" after `unmush weights fetch vgg19`",
                         index);
    if (stage->loss.weights[LOSS_LPIPS] > 0 && !config->lpips.weights)
        return error_set(ERROR_CONFIG,
                         "stages[%d].loss.lpips: needs lpips.weights, a folder, or \"cache\" after "
                         "`unmush weights fetch lpips-%s`",
                         index, LPIPS_NET_NAMES[config->lpips.net]);
    return 0;
}

static int check_schedule(const StageConfig *stage, int index)
{
    const NumberList *m = &stage->milestones;
    if (stage->schedule == SCHEDULE_MULTI_STEP && m->count == 0)
        return error_set(ERROR_CONFIG, "stages[%d].milestones: missing for multi_step", index);
    for (int i = 1; i < m->count; i++)
        if (m->items[i] <= m->items[i - 1])
            return error_set(ERROR_CONFIG, "stages[%d].milestones: must rise", index);
    if (stage->optimiser == OPTIMISER_SCHEDULE_FREE && stage->schedule != SCHEDULE_CONSTANT)
        return error_set(ERROR_CONFIG,
                         "stages[%d].schedule: schedule_free takes constant (with warmup)", index);
    return 0;
}

static void check_stage(const Config *config, int index, Findings *findings)
{
    const StageConfig *stage = config_stage(config, index);
    check_stage_name(config, index);
    findings_add(findings);
    check_loss(config, index);
    findings_add(findings);
    check_edges(config, index);
    findings_add(findings);
    check_schedule(stage, index);
    findings_add(findings);
    if (stage->crop < 4)
        error_set(ERROR_CONFIG, "stages[%d].crop: %d is out of range, 4 to 1024", index,
                  (int)stage->crop);
    else if (config_uses_discriminator(config, stage))
        check_discriminator(config, index);
    findings_add(findings);
}

static int check_source(const SourceConfig *s, int index)
{
    if (!s->pairs && !s->hr)
        return error_set(ERROR_CONFIG, "data.train[%d]: names neither pairs nor hr", index);
    if (s->pairs && (s->hr || s->degrade || s->lr))
        return error_set(ERROR_CONFIG, "data.train[%d].%s: does not go with pairs", index,
                         s->hr        ? "hr"
                         : s->degrade ? "degrade"
                                      : "lr");
    if (s->hr && !s->degrade && !s->lr)
        return error_set(ERROR_CONFIG,
                         "data.train[%d].hr: needs \"degrade\" (how LR is made), or \"lr\" (where "
                         "it is)",
                         index);
    if (s->degrade && s->lr)
        return error_set(ERROR_CONFIG, "data.train[%d].degrade: does not go with lr", index);
    if (s->size != 1 && !s->degrade)
        return error_set(ERROR_CONFIG, "data.train[%d].size: does not go with %s", index,
                         s->lr ? "lr" : "pairs");
    return 0;
}

int config_check(const Config *config)
{
    Findings findings = {0};
    if (!is_file_name(config->name))
        error_set(ERROR_CONFIG, "name: \"%s\" is no file name", config->name);
    findings_add(&findings);
    if (config->data.train.count == 0)
        error_set(ERROR_CONFIG, "data.train: missing, where do training pairs come from?");
    findings_add(&findings);
    for (int i = 0; i < config->data.train.count; i++) {
        check_source(config_source(config, i), i);
        findings_add(&findings);
    }
    if (config->stages.count == 0)
        error_set(ERROR_CONFIG, "stages: missing, there is nothing to do");
    findings_add(&findings);
    for (int i = 0; i < config->stages.count; i++)
        check_stage(config, i, &findings);
    return findings_end(&findings);
}
