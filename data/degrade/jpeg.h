/* One JPEG generation (libjpeg-turbo). */
#ifndef DATA_DEGRADE_JPEG_H
#define DATA_DEGRADE_JPEG_H

#include "data/degrade/operation.h"

extern const Operation JPEG_OPERATION;

#endif
