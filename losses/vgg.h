/* Perceptual loss: distance between what VGG19, trained to name objects, sees in both pictures.
 * Johnson et al. 2016 (arXiv:1603.08155); taps before ReLU as in ESRGAN. */
#ifndef LOSSES_VGG_H
#define LOSSES_VGG_H

#include "nets/features.h"
#include "nets/network.h"

typedef struct Vgg Vgg;

typedef enum VggCriterion { VGG_L1, VGG_MSE, VGG_CHARBONNIER } VggCriterion;

/* Weights of conv1_2, conv2_2, conv3_4, conv4_4, conv5_4, 0: not compared; and how each layer's
 * features are compared. */
typedef struct VggSetting {
    double layers[VGG19_TAPS];
    int criterion; /* VggCriterion */
} VggSetting;

/* Real-ESRGAN's: L1 with weights 0.1, 0.1, 1, 1, 1. ESRGAN's is L1 of conv5_4 alone. */
extern const VggSetting VGG_REALESRGAN, VGG_ESRGAN;

/* Reads VGG19's weights, under torchvision's keys: a file, or "vgg19" for that of `unmush weights`.
 * NULL with an error naming the file, and the command that gets it where it is missing. */
Vgg *vgg_open(const char *named, Precision precision);
void vgg_close(Vgg *vgg);

/* The weighted sum over layers of d(f(sr), f(hr)) * share, d the criterion's mean.
 *   sr, hr  (N,3,H,W) in 0..1, H and W at least 16; hr is a constant
 *   share   this rank's part of the batch's samples */
Tensor *loss_vgg(Vgg *vgg, const VggSetting *setting, Tensor *sr, Tensor *hr, double share);

#endif
