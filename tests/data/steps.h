/* One degradation operation on its own. */
#ifndef TESTS_DATA_STEPS_H
#define TESTS_DATA_STEPS_H

#include "data/picture.h"

/* Does what the recipe step, JSON text, says to *picture, which stays in `work`. The draws of its
 * parameters are always the same. */
void step_apply(const char *step, Workspace *work, Picture *picture);

#endif
