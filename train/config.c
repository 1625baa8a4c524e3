#include "train/config.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"

#define DEVICES "auto|cpu|cuda"

#define INTEGER(type, key, member, default_text, low, high, text)                                  \
    {                                                                                              \
        .name = key, .kind = FIELD_INTEGER, .offset = offsetof(type, member),                      \
        .fallback = default_text, .min = low, .max = high, .help = text                            \
    }
#define REAL(type, key, member, default_text, low, high, text)                                     \
    {                                                                                              \
        .name = key, .kind = FIELD_REAL, .offset = offsetof(type, member),                         \
        .fallback = default_text, .min = low, .max = high, .help = text                            \
    }
#define FLAG(type, key, member, default_text, text)                                                \
    {                                                                                              \
        .name = key, .kind = FIELD_FLAG, .offset = offsetof(type, member),                         \
        .fallback = default_text, .help = text                                                     \
    }
#define TEXT(type, key, member, text)                                                              \
    {                                                                                              \
        .name = key, .kind = FIELD_STRING, .offset = offsetof(type, member), .help = text          \
    }
#define CHOICE(type, key, member, options, default_text, text)                                     \
    {                                                                                              \
        .name = key, .kind = FIELD_CHOICE, .offset = offsetof(type, member), .choices = options,   \
        .fallback = default_text, .help = text                                                     \
    }
/* Nested tables hold offsets from the outer struct, so these objects start at offset 0. */
#define OBJECT(key, table, text)                                                                   \
    {                                                                                              \
        .name = key, .kind = FIELD_OBJECT, .offset = 0, .fields = table, .help = text              \
    }
#define MOST_STEPS     1e12
#define MOST_MEBIBYTES 1e9

static const Field ADVERSARIAL[] = {
    CHOICE(LossConfig, "kind", adversarial.kind, "vanilla|relativistic|least_squares|hinge",
           "vanilla", "cross-entropy, or relativistic average (ESRGAN)"),
    REAL(LossConfig, "weight", adversarial.weight, "0", 0, 1e6, "of the generator's part"),
    {0}};

static const Field LOSS[] = {
    REAL(LossConfig, "l1", l1, "0", 0, 1e6, "weight of the mean absolute difference"),
    REAL(LossConfig, "charbonnier", charbonnier, "0", 0, 1e6, "weight of the smoothed one"),
    REAL(LossConfig, "features", features, "0", 0, 1e6, "weight of the features' difference"),
    OBJECT("adversarial", ADVERSARIAL, "the discriminator's verdict"),
    {0}};

static const Field STAGE[] = {
    TEXT(StageConfig, "name", name, "leaves NAME.safetensors"),
    INTEGER(StageConfig, "steps", steps, "1000", 1, MOST_STEPS, "optimiser steps"),
    REAL(StageConfig, "rate", rate, "2e-4", 1e-12, 10, "learning rate at its peak"),
    REAL(StageConfig, "discriminator_rate", discriminator_rate, "0", 0, 10, "0: as rate"),
    CHOICE(StageConfig, "schedule", schedule, "constant|cosine", "constant",
           "constant, or falling to zero by the last step"),
    INTEGER(StageConfig, "warmup", warmup, "20", 0, MOST_STEPS, "steps in which the rate rises"),
    REAL(StageConfig, "beta1", beta1, "0.9", 0, 0.9999999, "Adam's memory of the gradient"),
    REAL(StageConfig, "beta2", beta2, "0.99", 0, 0.9999999, "Adam's memory of its square"),
    REAL(StageConfig, "weight_decay", weight_decay, "0", 0, 1, "decoupled, as AdamW"),
    REAL(StageConfig, "average", average, "0.999", 0, 0.9999999,
         "decay of the moving average that becomes the model"),
    INTEGER(StageConfig, "batch", batch, "0", 0, 65536, "samples of a step; 0: the run's"),
    INTEGER(StageConfig, "crop", crop, "0", 0, 1024, "LR pixels; 0: the run's"),
    {.name = "loss",
     .kind = FIELD_OBJECT,
     .offset = offsetof(StageConfig, loss),
     .fields = LOSS,
     .help = "weights of the losses"},
    {0}};

static const Field SOURCE[] = {
    TEXT(SourceConfig, "pairs", pairs, "a pair store"),
    TEXT(SourceConfig, "hr", hr, "pictures, or a pair store whose /hr is taken"),
    TEXT(SourceConfig, "degrade", degrade, "how hr becomes LR: a preset or a recipe's file"),
    TEXT(SourceConfig, "lr", lr, "folder of hr's LR versions, with the same stems"),
    REAL(SourceConfig, "weight", weight, "1", 1e-6, 1e6, "how often it is drawn from"),
    {0}};

static const Field VALIDATION[] = {
    TEXT(Config, "hr", data.validation.hr, "folder of pictures, none of them trained on"),
    TEXT(Config, "weights", data.validation.weights, "folder of LPIPS's weights; none: no LPIPS"),
    INTEGER(Config, "every", data.validation.every, "500", 1, MOST_STEPS, "steps between"),
    INTEGER(Config, "images", data.validation.images, "4", 1, 100000, "how many of them"),
    {0}};

static const Field DATA[] = {{.name = "train",
                              .kind = FIELD_ARRAY,
                              .offset = offsetof(Config, data.train),
                              .fields = SOURCE,
                              .item_bytes = sizeof(SourceConfig),
                              .help = "where training pairs come from"},
                             INTEGER(Config, "memory", data.memory, "0", 0, MOST_MEBIBYTES,
                                     "MiB for decoded pictures; 0: a quarter of the machine's"),
                             OBJECT("validation", VALIDATION, "pictures to look at on the way"),
                             {0}};

static const Field FEATURES[] = {TEXT(Config, "weights", features.weights,
                                      "VGG19's weights file; none: the discriminator's features"),
                                 {0}};

static const Field CHECKPOINT[] = {
    INTEGER(Config, "every", checkpoint.every, "500", 1, MOST_STEPS, "steps between"),
    INTEGER(Config, "keep", checkpoint.keep, "2", 1, CHECKPOINTS_MOST_KEPT,
            "how many of the newest to keep"),
    INTEGER(Config, "each", checkpoint.each, "0", 0, MOST_STEPS,
            "those of multiples of so many steps stay for good; 0: none"),
    {0}};

static const Field ALARMS[] = {
    INTEGER(Config, "skips", alarms.skips, "5", 1, MOST_STEPS,
            "steps in a row that are not finite before the run goes back to a checkpoint"),
    INTEGER(Config, "rollbacks", alarms.rollbacks, "3", 0, MOST_STEPS,
            "how often it goes back in a stage before it ends"),
    {0}};

static const Field LOG[] = {
    INTEGER(Config, "every", log.every, "10", 1, MOST_STEPS, "steps between lines of log.jsonl"),
    {0}};

static const Field EXCHANGE[] = {
    FLAG(Config, "bf16", exchange.bf16, "false", "gradients travel as bf16: half the bytes"),
    FLAG(Config, "overlap", exchange.overlap, "true", "while the backward pass still runs"),
    INTEGER(Config, "check_every", exchange.check_every, "500", 1, MOST_STEPS,
            "steps between comparisons of the ranks' parameters"),
    REAL(Config, "deadline", exchange.deadline, "600", 0, 1e9,
         "seconds a rank may wait for others in a step, ten times as many elsewhere; 0: for ever"),
    {0}};

static const Field CONFIG[] = {
    TEXT(Config, "name", name, "of the run; default: the config's file name"),
    INTEGER(Config, "scale", scale, "4", 1, 16, "how many times larger"),
    INTEGER(Config, "seed", seed, "0", 0, 0x1p52, "of initial weights and samples"),
    CHOICE(Config, "precision", precision, "auto|bf16|fp32", "auto", "of activations"),
    CHOICE(Config, "device", device, DEVICES, "auto", "where tensors live"),
    INTEGER(Config, "batch", batch, "16", 1, 65536, "samples of a step over all ranks"),
    INTEGER(Config, "crop", crop, "32", 4, 1024, "LR pixels"),
    {.name = "generator",
     .kind = FIELD_JSON,
     .offset = offsetof(Config, generator),
     .help = "its type and hyper-parameters; \"weights\": FILE to start from"},
    {.name = "discriminator",
     .kind = FIELD_JSON,
     .offset = offsetof(Config, discriminator),
     .help = "its type and hyper-parameters"},
    OBJECT("features", FEATURES, "what the features loss compares"),
    OBJECT("data", DATA, "what to train on"),
    {.name = "stages",
     .kind = FIELD_ARRAY,
     .offset = offsetof(Config, stages),
     .fields = STAGE,
     .item_bytes = sizeof(StageConfig),
     .help = "one after the other"},
    OBJECT("checkpoint", CHECKPOINT, "what --resume goes on from"),
    OBJECT("alarms", ALARMS, "steps that cannot be taken"),
    OBJECT("log", LOG, "log.jsonl"),
    OBJECT("exchange", EXCHANGE, "between ranks"),
    {0}};

/* Splits "weights" off and parses the rest. */
static int read_generator(Config *c)
{
    if (!c->generator)
        return error_set(ERROR_CONFIG, "generator: missing");
    cJSON *object = cJSON_Duplicate(c->generator, 1);
    cJSON *weights = cJSON_DetachItemFromObjectCaseSensitive(object, "weights");
    int result = specification_parse(&c->generator_specification, object, KIND_GENERATOR,
                                     (int)c->scale, "generator");
    if (result == 0 && weights && !cJSON_IsString(weights))
        result = error_set(ERROR_CONFIG, "generator.weights: expected a string");
    if (result == 0 && weights)
        c->generator_weights = memory_copy_string(weights->valuestring);
    cJSON_Delete(weights);
    cJSON_Delete(object);
    return result;
}

/* Values that default to others. */
static void resolve(Config *c, const char *path)
{
    if (!c->name)
        c->name = file_stem(path);
    for (int i = 0; i < c->stages.count; i++) {
        StageConfig *s = (StageConfig *)c->stages.items + i;
        if (s->discriminator_rate == 0)
            s->discriminator_rate = s->rate;
        if (s->batch == 0)
            s->batch = c->batch;
        if (s->crop == 0)
            s->crop = c->crop;
    }
}

static int parse(Config *c, const cJSON *root, const char *path)
{
    if (fields_parse(CONFIG, c, root, "") != 0)
        return -1;
    resolve(c, path);
    if (read_generator(c) != 0)
        return -1;
    if (c->discriminator && specification_parse(&c->discriminator_specification, c->discriminator,
                                                KIND_DISCRIMINATOR, 1, "discriminator") != 0)
        return -1;
    return config_check(c);
}

int config_read(Config *c, const char *path, const StringList *overrides)
{
    *c = (Config){0};
    fields_default(CONFIG, c);
    cJSON *root = json_read(path);
    if (!root)
        return -1;
    int result = 0;
    for (int i = 0; i < overrides->count && result == 0; i++)
        result = json_override(root, overrides->items[i]);
    if (result == 0 && parse(c, root, path) != 0)
        result = error_note("%s", path);
    cJSON_Delete(root);
    return result;
}

void config_free(Config *c)
{
    fields_free(CONFIG, c);
    specification_free(&c->generator_specification);
    specification_free(&c->discriminator_specification);
    free(c->generator_weights);
    *c = (Config){0};
}

cJSON *config_dump(const Config *c)
{
    cJSON *root = fields_dump(CONFIG, c);
    cJSON *generator = specification_dump(&c->generator_specification);
    if (c->generator_weights)
        cJSON_AddStringToObject(generator, "weights", c->generator_weights);
    cJSON_ReplaceItemInObjectCaseSensitive(root, "generator", generator);
    if (c->discriminator)
        cJSON_ReplaceItemInObjectCaseSensitive(root, "discriminator",
                                               specification_dump(&c->discriminator_specification));
    return root;
}

const StageConfig *config_stage(const Config *c, int index)
{
    return (const StageConfig *)c->stages.items + index;
}

const SourceConfig *config_source(const Config *c, int index)
{
    return (const SourceConfig *)c->data.train.items + index;
}

const char *config_device(const Config *c)
{
    return fields_choice(DEVICES, c->device);
}

int64_t config_steps_before(const Config *c, int index)
{
    int64_t steps = 0;
    for (int i = 0; i < index; i++)
        steps += config_stage(c, i)->steps;
    return steps;
}

bool config_uses_discriminator(const Config *c, const StageConfig *s)
{
    return s->loss.adversarial.weight > 0 || (s->loss.features > 0 && !c->features.weights);
}

bool config_reads_pictures(const Config *c)
{
    for (int i = 0; i < c->data.train.count; i++)
        if (config_source(c, i)->hr)
            return true;
    return false;
}

bool config_uses_vgg(const Config *c, const StageConfig *s)
{
    return s->loss.features > 0 && c->features.weights;
}
