/* Medians of small windows. */
#ifndef DATA_DEGRADE_MEDIAN_H
#define DATA_DEGRADE_MEDIAN_H

#include "data/workspace.h"

/* Each value becomes the median of the 3 x 3 (radius 1) or 5 x 5 (radius 2) values around it,
 * mirrored about the edge pixels. */
void median_plane(Workspace *work, float *values, int width, int height, int radius);

#endif
