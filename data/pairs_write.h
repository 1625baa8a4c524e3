/* Writing a pair store, by all ranks together. */
#ifndef DATA_PAIRS_WRITE_H
#define DATA_PAIRS_WRITE_H

#include <stdint.h>

#include "data/degrade.h"
#include "data/pairs_plan.h"

/* Makes every tile of the plan and writes the store to `path`, which appears only when whole.
 * Collective: every rank has the same arguments. On error -1 is returned on every rank and nothing
 * is left behind; should HDF5 itself fail, the whole run ends here with one line. */
int pairs_write(const char *path, const PairPlan *plan, const Degradation *degradation,
                uint64_t seed);

#endif
