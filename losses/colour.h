/* Colour loss: compares pictures so blurred that only colour and brightness are left. Colour drift
 * is punished, detail and small displacements are not. After Ignatov et al., DSLR-quality photos on
 * mobile devices, ICCV 2017, arXiv:1704.02470, section 3.1.1, whose Gaussian it takes; absolute
 * differences in place of squares, which would not notice a drift of few levels. */
#ifndef LOSSES_COLOUR_H
#define LOSSES_COLOUR_H

#include "tensor/tensor.h"

/* mean |G * sr - G * hr| * share, G a Gaussian of sigma 3 and 21x21 pixels, borders mirrored.
 *   sr, hr  (N,3,H,W), RGB in 0..1
 *   share   this rank's part of the batch's samples */
Tensor *loss_colour(Tensor *sr, Tensor *hr, double share);

#endif
