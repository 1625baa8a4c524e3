#include "data/degrade/operations.h"

#include <string.h>

#include "core/fields.h"

const Operation *const OPERATIONS[] = {
    &BLUR_OPERATION,
    &SHARPEN_OPERATION,
    &DENOISE_OPERATION,
    &RESIZE_OPERATION,
    &NOISE_OPERATION,
    &GRAIN_OPERATION,
    &DUST_OPERATION,
    &COLOUR_OPERATION,
    &QUANTISE_OPERATION,
    &JPEG_OPERATION,
    &WEBP_OPERATION,
    &VIDEO_OPERATION,
    NULL,
};

const Operation *operation_find(const char *name)
{
    for (int i = 0; OPERATIONS[i]; i++)
        if (strcmp(OPERATIONS[i]->name, name) == 0)
            return OPERATIONS[i];
    return NULL;
}

const char *operation_nearest(const char *name)
{
    const char *nearest = NULL;
    int least = (int)strlen(name) / 2 + 1;
    for (int i = 0; OPERATIONS[i]; i++) {
        int distance = spelling_distance(OPERATIONS[i]->name, name);
        if (distance < least) {
            least = distance;
            nearest = OPERATIONS[i]->name;
        }
    }
    return nearest;
}
