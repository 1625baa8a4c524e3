/* A training run's configuration: JSON, checked against field tables. configs/README.md explains
 * every key; the tables in config.c are what counts. Paths are relative to the current folder. */
#ifndef TRAIN_CONFIG_H
#define TRAIN_CONFIG_H

#include <stdbool.h>

#include "core/fields.h"
#include "losses/adversarial.h"
#include "losses/vgg.h"
#include "nets/architecture.h"
#include "tensor/tensor.h"

typedef enum ScheduleKind { SCHEDULE_CONSTANT, SCHEDULE_COSINE, SCHEDULE_MULTI_STEP } ScheduleKind;
enum { CHECKPOINTS_MOST_KEPT = 1000 }; /* checkpoint.keep */

typedef enum PrecisionChoice { CHOOSE_AUTO, CHOOSE_BF16, CHOOSE_FP32 } PrecisionChoice;

/* The generator's losses. */
typedef enum Loss {
    LOSS_L1,
    LOSS_MSE,
    LOSS_CHARBONNIER,
    LOSS_SSIM,
    LOSS_MS_SSIM,
    LOSS_GRADIENT,
    LOSS_COLOUR,
    LOSS_FOCAL_FREQUENCY,
    LOSS_LDL,
    LOSS_CONSISTENCY,
    LOSS_DETAIL,
    LOSS_LPIPS,
    LOSS_PERCEPTUAL,
    LOSS_FEATURES,
    LOSS_ADVERSARIAL,
    LOSS_COUNT
} Loss;

extern const char *const LOSS_NAMES[LOSS_COUNT]; /* "l1", ... */

typedef struct LossConfig {
    double weights[LOSS_COUNT]; /* 0: not computed */
    struct {
        double lost, invented;
    } detail;
    VggSetting perceptual;
    struct {
        int kind;  /* AdversarialKind */
        double r1; /* weight of the discriminator's gradient penalty */
        int64_t r1_every;
        int64_t warmup; /* steps of the stage in which the discriminator learns alone */
    } adversarial;
} LossConfig;

typedef struct StageConfig {
    char *name;
    int64_t steps;
    double rate, discriminator_rate; /* after config_read never 0 */
    int schedule;                    /* ScheduleKind, of both rates */
    int64_t warmup;                  /* steps in which the rates rise from near 0 */
    int64_t cycles;                  /* cosines, one after the other */
    double last;                     /* where a cosine ends, as a part of the rate */
    NumberList milestones;           /* of multi_step: steps after which the rate is cut */
    double gamma;                    /* by this factor */
    int optimiser;                   /* OptimiserKind */
    double beta1, beta2, beta3, weight_decay;
    double clip;           /* most length of a gradient; 0: any */
    double average;        /* decay of the generator's moving average */
    int64_t batch, crop;   /* after config_read never 0 */
    int64_t accumulate;    /* parts in which a rank computes its samples */
    double mixup, cutblur; /* probabilities per sample */
    double detail;         /* 0 (fidelity) to 1 (texture) sets the loss; below 0: unset */
    LossConfig loss;
} StageConfig;

/* One of three: a pair store; pictures and how to degrade them; pictures and their LR versions. */
typedef struct SourceConfig {
    char *pairs;
    char *hr, *degrade, *lr;
    double size; /* that hr is shrunk to */
    double weight;
} SourceConfig;

typedef struct Config {
    char *name;
    int64_t scale, seed;
    int precision; /* PrecisionChoice */
    int backend;   /* Backend */
    int device;    /* index into "auto|cpu|cuda" */
    int64_t batch; /* samples of one step over all ranks */
    int64_t crop;  /* LR pixels */
    cJSON *generator, *discriminator;
    bool gradient_checkpointing; /* of the generator */
    struct {
        char *weights; /* of VGG19, or NULL: features are the discriminator's own */
    } features;
    struct {
        char *weights; /* folder of LPIPS's networks, or NULL */
        int net;       /* index into LPIPS_NETS */
    } lpips;
    struct {
        FieldArray train; /* SourceConfig */
        int64_t memory;   /* MiB of decoded pictures a rank may keep; 0: a share of the machine's */
        struct {
            char *hr;      /* folder or picture, or NULL */
            char *weights; /* folder of LPIPS's, or NULL */
            int64_t every, images;
        } validation;
    } data;
    FieldArray stages; /* StageConfig */
    struct {
        int64_t every, keep, each;
    } checkpoint;
    struct {
        int64_t skips, rollbacks;
    } alarms;
    struct {
        int64_t every;
    } log;
    struct {
        bool bf16, overlap;
        int64_t check_every;
        double deadline; /* seconds */
    } exchange;
    /* What the two objects above say. */
    Specification generator_specification;
    Specification discriminator_specification; /* architecture NULL if there is none */
    char *generator_weights;                   /* file to start from, or NULL */
} Config;

/* Reads PATH, applies `overrides` ("stages[0].steps=100"), fills in what depends on other keys and
 * checks everything that needs no other file. ERROR_CONFIG names file and key. The config may be
 * freed after an error too. */
int config_read(Config *config, const char *path, const StringList *overrides);

/* The same of an object; `path` names a config that does not say its name. */
int config_parse(Config *config, const cJSON *root, const char *path);
void config_free(Config *config);

/* The whole effective config, defaults included. */
cJSON *config_dump(const Config *config);

const StageConfig *config_stage(const Config *config, int index);
const SourceConfig *config_source(const Config *config, int index);
const char *config_device(const Config *config);

/* Steps of the stages before `index`; with the number of stages: of the whole run. */
int64_t config_steps_before(const Config *config, int index);

/* What a stage needs besides its generator. The features loss compares VGG19's features where the
 * config names its weights, else the discriminator's. */
bool config_uses_discriminator(const Config *config, const StageConfig *stage);
bool config_uses_vgg(const Config *config, const StageConfig *stage);
bool config_uses_lpips(const Config *config, const StageConfig *stage);
bool config_matches_features(const Config *config, const StageConfig *stage);

/* Whether a source reads pictures, so that it matters which ones validation holds out. */
bool config_reads_pictures(const Config *config);

/* ERROR_CONFIG naming every key whose value contradicts another. Part of config_read. */
int config_check(const Config *config);

/* The table of all keys, and the choices whose texts others need. */
extern const Field CONFIG_FIELDS[];
extern const char CONFIG_DEVICES[];
extern const char CONFIG_BACKENDS[];

#endif
