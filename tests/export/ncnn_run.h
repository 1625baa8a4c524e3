/* ncnn files read and run by a program of its own, as ncnn's documentation of layers and their
 * parameters has it; plain loops, for tiny pictures. */
#ifndef TESTS_EXPORT_NCNN_RUN_H
#define TESTS_EXPORT_NCNN_RUN_H

#include <stddef.h>
#include <stdint.h>

enum { RUN_MOST_LAYERS = 1024, RUN_MOST_BLOBS = 16, RUN_PARAMETERS = 24 };

typedef struct RunLayer {
    char type[32], name[128], inputs[RUN_MOST_BLOBS][160], outputs[RUN_MOST_BLOBS][160];
    int input_count, output_count;
    double parameters[RUN_PARAMETERS]; /* of lists: their one integer */
    float *weights, *bias;             /* kernel or slopes or factors; bias or shifts */
    int64_t weight_count, bias_count;
} RunLayer;

typedef struct RunNet {
    RunLayer *layers;
    int count;
    size_t unread; /* bytes of the .bin that belong to no layer */
} RunNet;

typedef struct RunBlob {
    char name[160];
    int c, h, w;
    float *values;
} RunBlob;

/* Fails the test where the files are not ncnn's. */
RunNet run_read(const char *param, const char *bin);
void run_free(RunNet *net);

/* "data" -> "output"; the caller frees its values. */
RunBlob run_net(const RunNet *net, int c, int h, int w, const float *values);

#endif
