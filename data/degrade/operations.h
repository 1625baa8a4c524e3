/* Every operation there is, one file each. */
#ifndef DATA_DEGRADE_OPERATIONS_H
#define DATA_DEGRADE_OPERATIONS_H

#include "data/degrade/operation.h"

extern const Operation NOISE_OPERATION, GRAIN_OPERATION, DUST_OPERATION;
extern const Operation COLOUR_OPERATION, QUANTISE_OPERATION;
extern const Operation RESIZE_OPERATION, JPEG_OPERATION, WEBP_OPERATION, VIDEO_OPERATION;
extern const Operation BLUR_OPERATION, SHARPEN_OPERATION, DENOISE_OPERATION;

#endif
