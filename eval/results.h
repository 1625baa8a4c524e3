/* The numbers of an evaluation: methods x pictures x metrics, their means, and the files and tables
 * that show them. */
#ifndef EVAL_RESULTS_H
#define EVAL_RESULTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "data/suspect.h"
#include "eval/method.h"
#include "eval/metrics.h"
#include "eval/pictures.h"
#include "eval/statistics.h"

typedef struct Results {
    int scale, crop;
    const char *hr, *lr;   /* the folders as given; lr: NULL where it was made, hr: without truth */
    const PictureSet *set; /* not owned, as the methods are not */
    const MethodList *methods;
    bool measured[METRIC_COUNT];       /* the others are left out everywhere */
    uint64_t (*digests)[4];            /* per picture: SHA-256 of its file */
    Suspicion *suspicions;             /* per picture: of HR, or of LR without truth */
    double (*shares)[CONTENT_CLASSES]; /* per picture: of each class of content */
    Measurement *measurements;         /* [method][picture] */
    Bootstrap *bootstrap;
} Results;

/* A zeroed table; the set and the methods must outlive it. */
Results results_new(const PictureSet *set, const MethodList *methods, int crop);
void results_free(Results *results);

/* What the suspicions are of. */
SuspectUse results_use(const Results *results);

/* What one method did to one picture; NAN: undefined. */
Measurement *results_at(const Results *results, int method, int picture);
double *results_values(const Results *results, int method, int picture); /* its values */

/* Collective: every rank holds the values of its own pictures and zeros elsewhere; afterwards all
 * hold all. */
int results_gather(Results *results);

/* Mean over the pictures where the metric is defined, NAN if there is none, and the number of
 * pictures where it is not. */
double results_mean(const Results *results, int method, Metric metric, int *undefined);
/* The same of one class of content. */
double results_class_mean(const Results *results, int method, ContentClass content, Metric metric,
                          int *undefined);
/* The share of a picture's pixels in a class; picture -1: its mean over the pictures. */
double results_share(const Results *results, int picture, ContentClass content);
Interval results_interval(const Results *results, int method, Metric metric);
/* Means over the pictures of the power ratio and the coherence in every band; NAN: undefined. */
void results_spectra(const Results *results, int method, double power[SPECTRA_BANDS],
                     double coherence[SPECTRA_BANDS]);
/* Method b against method a, picture by picture. */
Paired results_paired(const Results *results, int a, int b, Metric metric);

/* metrics.json; free with cJSON_Delete. NULL with ERROR_FILE if a model file cannot be hashed. */
cJSON *results_json(const Results *results);

/* metrics.csv, written atomically: a row per method and picture, then one per method called mean.
 */
int results_write_csv(const Results *results, const char *path);
/* classes.csv: a row per method, picture and class of content, and the means. */
int results_write_classes(const Results *results, const char *path);

/* The table for people: a row per method, the main metrics. */
void results_print(const Results *results, FILE *stream);

#endif
