/* Several errors of one input, told together: checks that do not depend on each other all run, and
 * each one's error is put aside until the end. */
#ifndef CORE_FINDINGS_H
#define CORE_FINDINGS_H

#include "core/error.h"

typedef struct Findings {
    ErrorReport told; /* one line per error */
} Findings;

/* Puts the pending error aside, if there is one; then none is pending. */
void findings_add(Findings *findings);

/* Makes what was put aside the pending error, one line each. 0 if there was nothing, else -1. */
int findings_end(Findings *findings);

#endif
