/* DISTS (Ding et al., "Image quality assessment: unifying structure and texture similarity", PAMI
 * 2020, arXiv:2004.07728). VGG16's activations after the last ReLU of each block, with weighted
 * root mean squares in place of its poolings, and the image itself; of every channel, two means are
 * compared (texture) and two variances with their covariance (structure):
 *     1 - sum over channels of alpha (2 m n + c) / (m^2 + n^2 + c)
 *                             + beta (2 cov + c) / (var + var + c),   c = 1e-6,
 * with alpha and beta divided by the sum of both. Where two images differ in a channel's place but
 * not in its statistics, as textures may, the means still agree. */
#ifndef NETS_DISTS_H
#define NETS_DISTS_H

#include "nets/network.h"

enum { DISTS_STAGES = 6, DISTS_CHANNELS = 3 + 64 + 128 + 256 + 512 + 512 };

typedef struct Dists Dists;

/* backbone: torchvision's keys of VGG16 ("features.0.weight", others are ignored); weights: the
 * published "alpha" and "beta", (1, DISTS_CHANNELS, 1, 1) each. Computes in float32, statistics in
 * double. NULL with ERROR_FORMAT naming what is missing. */
Dists *dists_new(const Weights *backbone, const Weights *weights);
/* Finds both in a folder by how the published files' names begin: vgg16, and dists or weights.pt
 * (.pth, .pt or .safetensors); "cache" is that of `unmush weights`. 0, with *dists NULL if the
 * folder lacks one of them; -1 with an error naming the file that is broken. */
int dists_open(const char *directory, Dists **dists);
void dists_free(Dists *dists);

/* What distances from one image need of it; 500 bytes per pixel. image (1,3,H,W), RGB 0..1, at its
 * own size: the reference implementation's command shrinks larger images to a shorter side of 256
 * first, its module does not. NULL with an error. */
typedef struct DistsFeatures DistsFeatures;
DistsFeatures *dists_features(Dists *dists, Tensor *image);
void dists_features_free(DistsFeatures *features);

/* The distance of an image of the same extents: exactly 0 for the same one, about 1 at most. */
int dists_distance(Dists *dists, const DistsFeatures *features, Tensor *image, double *value);

#endif
