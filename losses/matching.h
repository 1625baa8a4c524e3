/* Feature matching: a perceptual loss without foreign weights, on what the discriminator sees. */
#ifndef LOSSES_MATCHING_H
#define LOSSES_MATCHING_H

#include "tensor/tensor.h"

/* mean over layers of mean |sr - hr| / mean |hr|, both means over the whole batch. The ratio keeps
 * the loss in place while the discriminator's activations grow. Collective. Adding results up over
 * ranks gives the batch's loss. After Salimans et al. 2016 (arXiv:1606.03498) and Wang et al.,
 * pix2pixHD, CVPR 2018.
 *   sr, hr  this rank's activations, one tensor a layer, extents equal in pairs; hr is a constant
 */
Tensor *loss_matching(Tensor *const *sr, Tensor *const *hr, int layers);

#endif
