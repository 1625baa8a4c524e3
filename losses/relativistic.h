/* The relativistic average adversarial loss: is a real picture more real than the average fake one?
 * Jolicoeur-Martineau 2018, arXiv:1807.00734, as ESRGAN uses it (Wang et al. 2018).
 *
 *     generator      (mean log(1 + exp(real - mean fake)) + mean log(1 + exp(mean real - fake))) /
 * 2 discriminator  (mean log(1 + exp(mean fake - real)) + mean log(1 + exp(fake - mean real))) / 2
 *
 * All means are over the whole batch, and gradients flow through them from every rank. Collective,
 * and so is going back through it. Adding results up over ranks gives the batch's loss.
 *   real, fake  this rank's logits of HR and SR pictures, the same shape
 *   share       this rank's part of the batch's samples */
#ifndef LOSSES_RELATIVISTIC_H
#define LOSSES_RELATIVISTIC_H

#include "tensor/tensor.h"

Tensor *loss_relativistic_generator(Tensor *real, Tensor *fake, double share);
Tensor *loss_relativistic_discriminator(Tensor *real, Tensor *fake, double share);

#endif
