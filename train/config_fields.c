/* Every key of a training config. */
#include "train/config.h"

const char CONFIG_DEVICES[] = "auto|cpu|cuda";
const char CONFIG_BACKENDS[] = "auto|fused|torch";

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

#define NUMBERS(type, key, member, low, high, text)                                                \
    {                                                                                              \
        .name = key, .kind = FIELD_NUMBERS, .offset = offsetof(type, member), .min = low,          \
        .max = high, .help = text                                                                  \
    }
#define FLAG(type, key, member, default_text, text)                                                \
    {                                                                                              \
        .name = key, .kind = FIELD_FLAG, .offset = offsetof(type, member),                         \
        .fallback = default_text, .help = text                                                     \
    }
#define WEIGHT(key, loss, text) REAL(LossConfig, key, weights[loss], "0", 0, 1e6, text)

static const Field DETAIL[] = {
    WEIGHT("weight", LOSS_DETAIL, "of the decomposed detail error"),
    REAL(LossConfig, "lost", detail.lost, "1", 0, 1e6, "weight of lost detail in it"),
    REAL(LossConfig, "invented", detail.invented, "1", 0, 1e6, "weight of invented detail"),
    {0}};

static const Field PERCEPTUAL[] = {
    WEIGHT("weight", LOSS_PERCEPTUAL, "of the difference of VGG19's features"),
    CHOICE(LossConfig, "criterion", perceptual.criterion, "l1|mse|charbonnier", "l1",
           "how features are compared"),
    REAL(LossConfig, "conv1_2", perceptual.layers[0], "0.1", 0, 1e6, "weight of this layer"),
    REAL(LossConfig, "conv2_2", perceptual.layers[1], "0.1", 0, 1e6, "weight of this layer"),
    REAL(LossConfig, "conv3_4", perceptual.layers[2], "1", 0, 1e6, "weight of this layer"),
    REAL(LossConfig, "conv4_4", perceptual.layers[3], "1", 0, 1e6, "weight of this layer"),
    REAL(LossConfig, "conv5_4", perceptual.layers[4], "1", 0, 1e6, "weight of this layer"),
    {0}};

static const Field ADVERSARIAL[] = {
    CHOICE(LossConfig, "kind", adversarial.kind, "vanilla|relativistic|least_squares|hinge",
           "vanilla", "cross-entropy, relativistic average (ESRGAN), LSGAN, or hinge"),
    WEIGHT("weight", LOSS_ADVERSARIAL, "of the generator's part"),
    REAL(LossConfig, "r1", adversarial.r1, "0", 0, 1e6, "weight of the gradient penalty R1"),
    INTEGER(LossConfig, "r1_every", adversarial.r1_every, "16", 1, MOST_STEPS,
            "steps between penalties"),
    INTEGER(LossConfig, "warmup", adversarial.warmup, "0", 0, MOST_STEPS,
            "first steps, in which the discriminator learns alone"),
    {0}};

static const Field LOSS[] = {
    WEIGHT("l1", LOSS_L1, "mean absolute difference"),
    WEIGHT("mse", LOSS_MSE, "mean squared difference"),
    WEIGHT("charbonnier", LOSS_CHARBONNIER, "L1 with its kink rounded off"),
    WEIGHT("ssim", LOSS_SSIM, "1 - SSIM"),
    WEIGHT("ms_ssim", LOSS_MS_SSIM, "1 - multi-scale SSIM"),
    WEIGHT("gradient", LOSS_GRADIENT, "difference of gradients"),
    WEIGHT("colour", LOSS_COLOUR, "difference of local colour"),
    WEIGHT("focal_frequency", LOSS_FOCAL_FREQUENCY, "difference of spectra, hard ones first"),
    WEIGHT("ldl", LOSS_LDL, "L1 where the average's output suggests artifacts"),
    WEIGHT("consistency", LOSS_CONSISTENCY, "L1 after downscaling: agreement with the input"),
    OBJECT("detail", DETAIL, "lost against invented detail"),
    WEIGHT("lpips", LOSS_LPIPS, "LPIPS, with lpips.weights"),
    OBJECT("perceptual", PERCEPTUAL, "VGG19's features, with features.weights"),
    WEIGHT("features", LOSS_FEATURES,
           "VGG19's features if features.weights names them, else the discriminator's"),
    OBJECT("adversarial", ADVERSARIAL, "the discriminator's verdict"),
    {0}};

static const Field STAGE[] = {
    TEXT(StageConfig, "name", name, "leaves NAME.safetensors"),
    INTEGER(StageConfig, "steps", steps, "1000", 1, MOST_STEPS, "optimiser steps"),
    REAL(StageConfig, "rate", rate, "2e-4", 1e-12, 10, "learning rate at its peak"),
    REAL(StageConfig, "discriminator_rate", discriminator_rate, "0", 0, 10, "0: as rate"),
    CHOICE(StageConfig, "schedule", schedule, "constant|cosine|multi_step", "constant",
           "constant, falling as a cosine, or cut at milestones"),
    INTEGER(StageConfig, "warmup", warmup, "20", 0, MOST_STEPS, "steps in which the rate rises"),
    INTEGER(StageConfig, "cycles", cycles, "1", 1, 1000, "cosines, one after the other"),
    REAL(StageConfig, "last", last, "0", 0, 1, "where a cosine ends, as a part of the rate"),
    NUMBERS(StageConfig, "milestones", milestones, 1, MOST_STEPS,
            "steps after which multi_step cuts the rate"),
    REAL(StageConfig, "gamma", gamma, "0.5", 0, 1, "what multi_step multiplies it by"),
    CHOICE(StageConfig, "optimiser", optimiser, "adam|adamw|adan|schedule_free", "adamw",
           "of both networks"),
    REAL(StageConfig, "beta1", beta1, "0.9", 0, 0.9999999, "memory of the gradient"),
    REAL(StageConfig, "beta2", beta2, "0.99", 0, 0.9999999,
         "memory of its square; Adan: of its change"),
    REAL(StageConfig, "beta3", beta3, "0.99", 0, 0.9999999, "Adan's memory of squares"),
    REAL(StageConfig, "weight_decay", weight_decay, "0", 0, 1, "decoupled, except for adam"),
    REAL(StageConfig, "clip", clip, "0", 0, 1e12, "most length of a gradient; 0: any"),
    REAL(StageConfig, "average", average, "0.999", 0, 0.9999999,
         "decay of the moving average that becomes the model"),
    INTEGER(StageConfig, "batch", batch, "0", 0, 65536, "samples of a step; 0: the run's"),
    INTEGER(StageConfig, "crop", crop, "0", 0, 1024, "LR pixels; 0: the run's"),
    INTEGER(StageConfig, "accumulate", accumulate, "1", 1, 65536,
            "parts of a rank's samples, one after the other"),
    REAL(StageConfig, "mixup", mixup, "0", 0, 1, "probability that a sample is mixed with another"),
    REAL(StageConfig, "cutblur", cutblur, "0", 0, 1,
         "probability that a part of LR is HR brought down"),
    REAL(StageConfig, "detail", detail, "-1", -1, 1,
         "0 fidelity to 1 texture, sets loss.detail and loss.consistency; below 0: neither"),
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
    REAL(SourceConfig, "size", size, "1", 0.05, 1, "hr's pictures are shrunk to this share first"),
    REAL(SourceConfig, "weight", weight, "1", 1e-6, 1e6, "how often it is drawn from"),
    {0}};

static const Field VALIDATION[] = {
    TEXT(Config, "hr", data.validation.hr, "folder of pictures, none of them trained on"),
    TEXT(Config, "weights", data.validation.weights,
         "folder of LPIPS's weights, or cache; none: no LPIPS"),
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

static const Field LPIPS[] = {
    TEXT(Config, "weights", lpips.weights, "folder of its networks, or cache, as eval --weights"),
    CHOICE(Config, "net", lpips.net, "alex|vgg|squeeze", "vgg", "which one is trained on"),
    {0}};

static const Field FEATURES[] = {
    TEXT(Config, "weights", features.weights,
         "VGG19's weights file, or vgg19; none: the discriminator's features"),
    {0}};

static const Field CHECKPOINT[] = {
    INTEGER(Config, "every", checkpoint.every, "500", 1, MOST_STEPS, "steps between"),
    INTEGER(Config, "keep", checkpoint.keep, "2", 1, CHECKPOINTS_MOST_KEPT,
            "how many of the newest to keep"),
    INTEGER(Config, "each", checkpoint.each, "0", 0, MOST_STEPS,
            "those of multiples of so many steps stay for good; 0: none"),
    {0}};

static const Field EXCHANGE[] = {
    FLAG(Config, "bf16", exchange.bf16, "false", "gradients travel as bf16: half the bytes"),
    FLAG(Config, "overlap", exchange.overlap, "true", "while the backward pass still runs"),
    INTEGER(Config, "check_every", exchange.check_every, "500", 1, MOST_STEPS,
            "steps between comparisons of the ranks' parameters"),
    REAL(Config, "deadline", exchange.deadline, "600", 0, 1e9,
         "seconds a rank may wait for others in a step, ten times as many elsewhere; 0: for ever"),
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

const Field CONFIG_FIELDS[] = {
    TEXT(Config, "name", name, "of the run; default: the config's file name"),
    INTEGER(Config, "scale", scale, "4", 1, 16, "how many times larger"),
    INTEGER(Config, "seed", seed, "0", 0, 0x1p52, "of initial weights and samples"),
    CHOICE(Config, "precision", precision, "auto|bf16|fp32", "auto", "of activations"),
    CHOICE(Config, "backend", backend, CONFIG_BACKENDS, "auto", "what computes networks"),
    CHOICE(Config, "device", device, CONFIG_DEVICES, "auto", "where tensors live"),
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
    FLAG(Config, "gradient_checkpointing", gradient_checkpointing, "false",
         "compute the generator's activations again instead of keeping them"),
    OBJECT("features", FEATURES, "VGG19"),
    OBJECT("lpips", LPIPS, "LPIPS as a loss"),
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
