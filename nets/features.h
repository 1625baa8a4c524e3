/* Feature extractors: published image classifiers' convolutional parts as graphs whose taps are the
 * features that losses and LPIPS compare. Input: image (N,3,H,W), RGB 0..1; normalisation is part
 * of the graph. Keys are torchvision's ("features.0.weight"). NULL with an error, never for a
 * mistake of the caller's. */
#ifndef NETS_FEATURES_H
#define NETS_FEATURES_H

#include "nets/graph.h"

/* VGG19 up to conv5_4; taps before ReLU at conv1_2, conv2_2, conv3_4, conv4_4, conv5_4, normalised
 * with ImageNet's mean and deviation, as perceptual losses use it (Ledig et al. 2017, Wang et al.
 * 2018). */
Graph *vgg19_graph(void);
enum { VGG19_TAPS = 5 };

/* The three networks of LPIPS (Zhang et al., CVPR 2018), taps after ReLU, LPIPS's own
 * normalisation. */
Graph *lpips_alexnet_graph(void);    /* 5 taps: 64, 192, 384, 256, 256 channels */
Graph *lpips_vgg16_graph(void);      /* 5 taps: 64, 128, 256, 512, 512 */
Graph *lpips_squeezenet_graph(void); /* 7 taps: 64, 128, 256, 384, 384, 512, 512 */

/* VGG16 between poolings, for networks that pool in another way: block 0..4 is 2, 2, 3, 3, 3
 * convolutions of 64, 128, 256, 512, 512 channels with ReLU, and block 0 begins with ImageNet's
 * normalisation. The output of a block is what the next one's pooling reads. */
Graph *vgg16_block_graph(int block);
enum { VGG16_BLOCKS = 5 };

#endif
