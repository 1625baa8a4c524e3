/* What an evaluation measures: one row for each measure, in the order of metrics.json. */
#ifndef EVAL_METRIC_H
#define EVAL_METRIC_H

#include <stdbool.h>

typedef enum Metric {
    METRIC_PSNR_Y,
    METRIC_PSNR_RGB,
    METRIC_SSIM_Y,
    METRIC_MS_SSIM_Y,
    METRIC_VIF_Y,
    METRIC_CONSISTENCY,
    METRIC_DETAIL_ENERGY,
    METRIC_RECOVERED,
    METRIC_SMOOTHING,
    METRIC_SHARPENING,
    METRIC_HALLUCINATION,
    METRIC_MISREGISTRATION,
    METRIC_SHIFT,
    METRIC_FALSE_TEXTURE,
    METRIC_HALO,
    METRIC_LDL_ARTIFACTS,
    METRIC_OPENSR_IMPROVEMENT,
    METRIC_OPENSR_OMISSION,
    METRIC_OPENSR_HALLUCINATION,
    METRIC_POWER_RATIO,
    METRIC_COHERENCE,
    METRIC_INPUT_CONSISTENCY, /* this and what follows: eval/no_truth.h */
    METRIC_EXPECTED_ENERGY,
    METRIC_FLAT_TEXTURE,
    METRIC_INPUT_HALO,
    METRIC_BLOCKINESS,
    METRIC_DISAGREEMENT,
    METRIC_LPIPS_ALEX,
    METRIC_LPIPS_VGG,
    METRIC_LPIPS_SQUEEZE,
    METRIC_DISTS,
    METRIC_COUNT
} Metric;

/* Which end of a measure is good. */
typedef enum Better { BETTER_MORE, BETTER_LESS, BETTER_NEAR_ONE } Better;

/* What it takes to measure it. */
typedef enum Needs {
    NEEDS_TRUTH,  /* any reference */
    NEEDS_FULL,   /* a full reference */
    NEEDS_INPUT,  /* LR alone: weaker evidence, measured where there is no truth */
    NEEDS_WEIGHTS /* a network's weights */
} Needs;

typedef struct MetricRow {
    const char *name;    /* "psnr_y": the key of metrics.json */
    const char *title;   /* "PSNR-Y": a column's heading */
    const char *meaning; /* a few words */
    const char *unit;    /* "dB", "levels", "px" or "" */
    int decimals;        /* that make sense */
    Better better;
    bool by_class; /* also measured on each class of content */
    Needs needs;
} MetricRow;

extern const MetricRow METRICS[METRIC_COUNT];

/* How far from good: less is better for every measure. NAN for NAN. */
double metric_badness(Metric metric, double value);

/* METRIC_COUNT where no measure is called so. */
Metric metric_by_name(const char *name);

#endif
