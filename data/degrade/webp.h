/* One lossy WebP generation (libwebp). */
#ifndef DATA_DEGRADE_WEBP_H
#define DATA_DEGRADE_WEBP_H

#include "data/degrade/operation.h"

extern const Operation WEBP_OPERATION;

#endif
