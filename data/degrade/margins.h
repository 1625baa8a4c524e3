/* Planes with margins that mirror them, so that filters need not look where the edge is. */
#ifndef DATA_DEGRADE_MARGINS_H
#define DATA_DEGRADE_MARGINS_H

#include "data/workspace.h"

typedef struct Margins {
    int left, right, top, bottom; /* none below 0 */
    int spare;                    /* columns of zeros at the right, at least */
} Margins;

/* Rows that begin `stride` apart; values is the first plane value's place. */
typedef struct Padded {
    size_t stride;
    float *values;
} Padded;

/* A copy with margins in which values are mirrored about the edge pixels, which are not repeated
 * (... 2 1 0 1 2 ...), as often as a small plane needs. */
Padded plane_pad(Workspace *work, const float *from, int width, int height, Margins margins);

#endif
