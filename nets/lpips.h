/* LPIPS v0.1 (Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
 * metric", CVPR 2018), as METRICS.md states it. */
#ifndef NETS_LPIPS_H
#define NETS_LPIPS_H

#include "nets/network.h"

typedef enum LpipsNet { LPIPS_ALEX, LPIPS_VGG, LPIPS_SQUEEZE, LPIPS_NETS } LpipsNet;
enum { LPIPS_MOST_LAYERS = 7 };

extern const char *const LPIPS_NET_NAMES[LPIPS_NETS]; /* "alex", "vgg", "squeeze" */

typedef struct Lpips Lpips;

/* backbone: torchvision's keys ("features.0.weight", others are ignored); linear: the published 1x1
 * weights ("lin0.model.1.weight"). What is reported wants float32; bf16 activations are for
 * training. NULL with ERROR_FORMAT naming what is missing. */
Lpips *lpips_new(LpipsNet net, const Weights *backbone, const Weights *linear, Precision precision);
/* Finds both in a folder by how the published files' names begin (alexnet, vgg16, squeezenet1_1;
 * lpips-v0.1-NET or NET, .pth or .safetensors); "cache" is that of `unmush weights`. 0, with *lpips
 * NULL if the folder lacks one of them; -1 with an error naming the file that is broken. */
int lpips_open(const char *directory, LpipsNet net, Precision precision, Lpips **lpips);
/* The error for such a folder: ERROR_FILE naming what it lacks and the command that gets it. Always
 * -1. */
int lpips_missing(const char *directory, LpipsNet net);
void lpips_free(Lpips *lpips);
int lpips_layers(const Lpips *lpips);

/* Distance of two images (1,3,H,W), RGB 0..1, the same extents of at least 32; `layers` (may be
 * NULL) gets each layer's share. 0 for identical images. */
int lpips_distance(Lpips *lpips, Tensor *a, Tensor *b, double *value,
                   double layers[LPIPS_MOST_LAYERS]);

/* The same for many images that are compared with one: its features, normalised, are computed once.
 * They take 4 bytes for each of their values, for VGG16 488 bytes per pixel. */
typedef struct LpipsFeatures LpipsFeatures;
LpipsFeatures *lpips_features(Lpips *lpips, Tensor *image); /* NULL with an error */
void lpips_features_free(LpipsFeatures *features);

/* Where an image is how far from the features' one, at each layer's own resolution: the distance is
 * the sum of all layers' means. Rows are contiguous. */
typedef struct LpipsMap {
    int height, width;
    float *values;
} LpipsMap;
int lpips_maps(Lpips *lpips, const LpipsFeatures *features, Tensor *image,
               LpipsMap maps[LPIPS_MOST_LAYERS]);
void lpips_maps_free(LpipsMap maps[LPIPS_MOST_LAYERS]);
double lpips_map_mean(const LpipsMap *map);

/* The mean of the distances of N pairs, with gradients towards a; b is a constant. (N,3,H,W), else
 * as above. Feature vectors shorter than 1e-5 are normalised as if they were that long, for
 * gradients to stay bounded. */
Tensor *lpips_mean(Lpips *lpips, Tensor *a, Tensor *b);

#endif
