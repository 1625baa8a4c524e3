/* How each output sample of one axis is made from input samples. */
#ifndef DATA_RESAMPLE_AXIS_H
#define DATA_RESAMPLE_AXIS_H

#include "data/resample.h"
#include "data/workspace.h"

/* Output sample i is the sum over k of weights[i * taps + k] times input sample
 * indices[i * taps + k]. taps is a multiple of 4, filled up with weights of 0. */
typedef struct Axis {
    int count, taps;
    int *indices;
    float *weights;
} Axis;

Axis axis_resample(Workspace *work, int from, int to, Kernel kernel, Sampling sampling);
Axis axis_gaussian(Workspace *work, int count, double sigma, int radius);

#endif
