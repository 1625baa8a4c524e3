/* Which validation was the best, by each of several criteria. Follows from the log's lines alone.
 */
#ifndef TRAIN_BEST_H
#define TRAIN_BEST_H

#include <cjson/cJSON.h>
#include <stdint.h>

typedef enum Criterion {
    BEST_PSNR,   /* greatest fidelity: psnr_y */
    BEST_LPIPS,  /* least perceptual distance: lpips_alex, else _vgg, else _squeeze; where measured
                  */
    BEST_HONEST, /* least hallucination at equal energy: hallucination / detail_energy, the strength
                    of what is made up as a share of all detail that is shown */
    CRITERION_COUNT
} Criterion;

extern const char *const CRITERION_NAMES[CRITERION_COUNT]; /* "psnr", "lpips", "honest" */

typedef struct Best {
    int64_t steps[CRITERION_COUNT]; /* of the best validations, valid where `known` says so */
    double values[CRITERION_COUNT];
    unsigned known; /* bit 1 << criterion */
} Best;

/* Takes the measures of a validation. The criteria by which it is the first or better than all
 * before: bits 1 << criterion. */
unsigned best_add(Best *best, const cJSON *measures, int64_t step);

/* The steps of the best validations, each once, and their number. */
int best_steps(const Best *best, int64_t steps[CRITERION_COUNT]);

#endif
