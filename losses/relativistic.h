/* The relativistic average adversarial loss: is a real picture more real than the average fake one?
 * Jolicoeur-Martineau 2018, arXiv:1807.00734, as ESRGAN uses it (Wang et al. 2018).
 *
 *     generator      (mean log(1 + exp(real - mean fake)) + mean log(1 + exp(mean real - fake))) /
 * 2 discriminator  (mean log(1 + exp(mean fake - real)) + mean log(1 + exp(fake - mean real))) / 2
 *
 * Means are over the whole batch, and gradients flow through them. Collective: every rank computes
 * the batch's loss, whose gradient flows into its own logits only. The loss must therefore not be
 * added up over ranks (the gradients must).
 *   real, fake  this rank's logits of HR and SR pictures, float32, the same shape */
#ifndef LOSSES_RELATIVISTIC_H
#define LOSSES_RELATIVISTIC_H

#include "tensor/tensor.h"

Tensor *loss_relativistic_generator(Tensor *real, Tensor *fake);
Tensor *loss_relativistic_discriminator(Tensor *real, Tensor *fake);

#endif
