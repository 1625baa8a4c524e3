/* How grainy a picture is. */
#ifndef UPSCALE_GRAIN_MEASURE_H
#define UPSCALE_GRAIN_MEASURE_H

#include "upscale/grain/grain.h"
#include "upscale/pixels.h"

enum { GRAIN_COLOURS = 8 };

typedef struct GrainFinding {
    Grain grain;
    float colours[GRAIN_COLOURS][3]; /* of flat areas in which it is, 0..1 */
    float steps[64];                 /* see GrainAreas */
} GrainFinding;

/* Looks for grain in flat areas of a picture, which should be whole: JPEG's blocks are looked for
 * from its corner. False, with a strength of 0, where there is none: its deviation is below a
 * level, or what there is differs between areas as texture does. */
bool grain_measure(const Pixels *pixels, GrainFinding *finding);

#endif
