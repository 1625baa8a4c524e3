/* Perceptual loss: distance between what VGG19, trained to name objects, sees in both pictures.
 * Johnson et al. 2016 (arXiv:1603.08155); taps before ReLU as in ESRGAN, five layers and their
 * weights as in Real-ESRGAN. */
#ifndef LOSSES_VGG_H
#define LOSSES_VGG_H

#include "nets/network.h"

typedef struct Vgg Vgg;

/* Reads VGG19's weights, under torchvision's keys. NULL with an error naming the file. */
Vgg *vgg_open(const char *path, Precision precision);
void vgg_close(Vgg *vgg);

/* (0.1 d(conv1_2) + 0.1 d(conv2_2) + d(conv3_4) + d(conv4_4) + d(conv5_4)) * share with
 * d(f) = mean |f(sr) - f(hr)|.
 *   sr, hr  (N,3,H,W) in 0..1, H and W at least 16; hr is a constant
 *   share   this rank's part of the batch's samples */
Tensor *loss_vgg(Vgg *vgg, Tensor *sr, Tensor *hr, double share);

#endif
