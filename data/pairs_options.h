/* What `unmush pairs` does, by mode. All take the parsed command line: 0, or -1 with an error. */
#ifndef DATA_PAIRS_OPTIONS_H
#define DATA_PAIRS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fields.h"
#include "data/pairs_plan.h"

typedef struct PairsOptions {
    char *output, *degrade, *lr, *replay, *index;
    int64_t scale, tile, step, most, show, seed;
    double texture, flat;
    int depth; /* 0: 8 bits, 1: 16 */
    bool check;
} PairsOptions;

/* Makes a store of the pictures `arguments`. Collective. */
int pairs_make(const PairsOptions *options, const StringList *arguments);

/* Makes LR tiles of a store again from its HR tiles and compares. */
int pairs_replay(const PairsOptions *options, const StringList *arguments);

/* Draws some pairs of a store, or such as would be made of pictures, with what happened to them. */
int pairs_show(const PairsOptions *options, const StringList *arguments);

/* Lists every bad picture below `arguments`, or tile of a store, with what is wrong; ERROR_FORMAT
 * with their number if there are any. */
int pairs_check(const PairsOptions *options, const StringList *arguments);

/* The pictures' plan as the options say: tiles laid, not selected. */
PairPlan *pairs_plan_of(const PairsOptions *options, const StringList *arguments);

/* ERROR_USAGE if options that lay tiles contradict each other. */
int pairs_check_tiles(const PairsOptions *options);

#endif
