/* The vanilla adversarial loss: binary cross-entropy with logits, in the form that does not
 * saturate for the generator. Goodfellow et al. 2014, arXiv:1406.2661.
 *   real, fake  a discriminator's logits of HR and SR pictures, any shape
 *   share       this rank's part of the batch's samples
 * Results have one element; adding them up over ranks gives the batch's loss. */
#ifndef LOSSES_ADVERSARIAL_H
#define LOSSES_ADVERSARIAL_H

#include "tensor/tensor.h"

/* -mean log sigmoid(fake) */
Tensor *loss_adversarial_generator(Tensor *fake, double share);

/* -mean log sigmoid(real) - mean log(1 - sigmoid(fake)) */
Tensor *loss_adversarial_discriminator(Tensor *real, Tensor *fake, double share);

#endif
