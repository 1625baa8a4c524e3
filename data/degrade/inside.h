/* What a degradation shows to the degrader alone. */
#ifndef DATA_DEGRADE_INSIDE_H
#define DATA_DEGRADE_INSIDE_H

#include "data/degrade.h"
#include "data/degrade/recipe.h"

const Step *degradation_target(const Degradation *degradation); /* NULL: HR as it is */
const Step *degradation_steps(const Degradation *degradation);
const Step *degradation_last(const Degradation *degradation); /* makes LR's extents */

#endif
