/* What data/suspect.c is made of, for its own files. */
#ifndef DATA_SUSPECT_PARTS_H
#define DATA_SUSPECT_PARTS_H

#include "data/suspect.h"

/* Each fills its fields of the suspicion, and leaves them 0 for a picture too small to tell. */
void suspect_blocks(const Plane *luma, Suspicion *suspicion);
void suspect_motion(const Plane *luma, Suspicion *suspicion);
void suspect_noise(const Plane *luma, Suspicion *suspicion);

#endif
