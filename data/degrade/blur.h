/* Blurs of lenses, motion and resampling: Gaussian and wider bells, ringing, disks and paths. */
#ifndef DATA_DEGRADE_BLUR_H
#define DATA_DEGRADE_BLUR_H

#include "data/degrade/operation.h"

extern const Operation BLUR_OPERATION;

#endif
