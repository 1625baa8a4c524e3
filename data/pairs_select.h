/* Which of a plan's tiles become pairs: few flat ones, and of every texture alike. */
#ifndef DATA_PAIRS_SELECT_H
#define DATA_PAIRS_SELECT_H

#include "data/pairs_plan.h"

typedef struct PairSelection {
    double texture; /* tiles whose measure is below are flat; 0: none is */
    double flat;    /* share of the flat tiles that is kept, 0..1 */
    int64_t most;   /* tiles kept, evenly of all textures; 0: all */
    uint64_t seed;
} PairSelection;

/* Takes tiles out of the plan. The draws are keyed by a tile's position in the plan as it was, so
 * what is left depends on the pictures and the selection alone, not on the number of ranks. Reads
 * every picture if the selection asks for the texture; ranks share that. ERROR_FILE, ERROR_FORMAT
 * if a picture cannot be read, ERROR_SHAPE if no tile is left. Collective. */
int pair_plan_select(PairPlan *plan, const PairSelection *selection);

/* The selection alone, by the measures of the plan's tiles; the same errors. */
int pair_plan_select_by(PairPlan *plan, const PairSelection *selection, const float *textures);

#endif
