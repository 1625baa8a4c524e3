/* The smear that denoisers leave: the guided filter, the median. */
#ifndef DATA_DEGRADE_DENOISE_H
#define DATA_DEGRADE_DENOISE_H

#include "data/degrade/operation.h"

extern const Operation DENOISE_OPERATION;

#endif
