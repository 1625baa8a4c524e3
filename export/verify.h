/* Checks a written model by running it: what was written and the network that it was written from
 * must give the same pictures. */
#ifndef EXPORT_VERIFY_H
#define EXPORT_VERIFY_H

#include "export/loss.h"
#include "nets/graph.h"
#include "nets/onnx/runtime.h"

/* What one side runs. */
typedef struct Runnable {
    const Graph *graph;
    const Weights *weights;
} Runnable;

typedef struct Agreement {
    PictureLoss loss; /* of int8, which is judged on pictures instead; else empty */
    double largest;   /* difference of output values, of a range of 0..1 or their own if larger */
    double limit;     /* the largest that is allowed */
    int inputs;       /* how many were compared */
    char sizes[64];   /* "17x23, 33x21, 53x39, 97x65" */
    char by[64];      /* what ran the file: "ONNX Runtime 1.20.1", "our own reader" */
} Agreement;

/* Two programs that compute in fp32 sum in different orders, and each layer adds its own rounding:
 * 1e-5 for networks with at most VERIFY_COMPACT convolutions (or attentions) in a row, 5e-5 for
 * deeper ones. */
enum { VERIFY_COMPACT = 20 };
double verify_limit(const Graph *g);
#define VERIFY_HALF 2e-3 /* of files in float16 */

/* Runs both in fp32 on the processor, on random pictures of four odd sizes (rounded up where a
 * network takes only multiples), one and two at a time. ERROR_FORMAT naming PATH where `written`
 * differs from `original` by more than `limit` anywhere; `agreement` is filled in then too.
 * verify_agreement: the written file as our own reader understands it. */
int verify_agreement(const char *path, Runnable original, Runnable written, double limit,
                     Agreement *agreement);
/* The same with the file in ONNX Runtime. */
int verify_session(const char *path, Runnable original, OnnxSession *written, double limit,
                   Agreement *agreement);

#endif
