/* Unsharp masking: with Real-ESRGAN's soft mask, or plain with its halos. */
#ifndef DATA_DEGRADE_SHARPEN_H
#define DATA_DEGRADE_SHARPEN_H

#include "data/degrade/operation.h"

extern const Operation SHARPEN_OPERATION;

#endif
