/* Pictures that are paired already. */
#ifndef DATA_PAIRS_REAL_H
#define DATA_PAIRS_REAL_H

#include "data/pairs_plan.h"

/* Finds every planned picture's LR version below the folder, by stem, and checks that it has the
 * picture's extents / scale, rounded down (then the picture's right and lower rest is not used).
 * ERROR_FILE naming every picture without one, ERROR_SHAPE counting and naming all that do not fit.
 */
int pair_plan_match(PairPlan *plan, const char *folder);

#endif
