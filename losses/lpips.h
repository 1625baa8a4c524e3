/* LPIPS as a training loss: distance of features as people were found to judge it. Zhang et al.,
 * CVPR 2018, arXiv:1801.03924; vgg is nearest to a perceptual loss, alex the cheapest. */
#ifndef LOSSES_LPIPS_H
#define LOSSES_LPIPS_H

#include "nets/lpips.h"

/* A net whose weights lie in `directory` (nets/lpips.h says under which names). NULL with
 * ERROR_FILE naming what is looked for. Free with lpips_free. */
Lpips *lpips_require(const char *directory, LpipsNet net, Precision precision);

/* LPIPS, meaned over samples, * share; its values are eval's (but for features that are all but
 * nought, see lpips_mean).
 *   sr, hr  (N,3,H,W) in 0..1, H and W at least 32; hr is a constant
 *   share   this rank's part of the batch's samples */
Tensor *loss_lpips(Lpips *lpips, Tensor *sr, Tensor *hr, double share);

#endif
