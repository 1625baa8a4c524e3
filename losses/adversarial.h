/* The adversarial losses: what generator and discriminator pay, each after the other's verdict. All
 * means are over the whole batch; adding results up over ranks gives the batch's loss.
 *   real, fake  this rank's logits of HR and SR pictures, any shape, float32
 *   share       this rank's part of the batch's samples
 *
 *     kind           generator               discriminator
 *     vanilla        -mean log s(fake)       -mean log s(real) - mean log(1 - s(fake))
 *     relativistic   losses/relativistic.h
 *     least_squares  mean (fake - 1)^2       mean (real - 1)^2 + mean fake^2
 *     hinge          -mean fake              mean max(0, 1 - real) + mean max(0, 1 + fake)
 *
 * with s the sigmoid. Vanilla: Goodfellow et al. 2014, arXiv:1406.2661, in the form that does not
 * saturate for the generator. Least squares: Mao et al. 2017, arXiv:1611.04076, without its factor
 * of 1/2, as published super-resolution trainers have it. Hinge: Lim & Ye 2017, arXiv:1705.02894,
 * and Miyato et al. 2018. */
#ifndef LOSSES_ADVERSARIAL_H
#define LOSSES_ADVERSARIAL_H

#include "tensor/tensor.h"

typedef enum AdversarialKind {
    ADVERSARIAL_VANILLA,
    ADVERSARIAL_RELATIVISTIC,
    ADVERSARIAL_LEAST_SQUARES,
    ADVERSARIAL_HINGE
} AdversarialKind;

/* Collective for the relativistic kind, which alone reads `real`, as a constant. */
Tensor *loss_adversarial_generator(AdversarialKind kind, Tensor *real, Tensor *fake, double share);

/* Collective for the relativistic kind. */
Tensor *loss_adversarial_discriminator(AdversarialKind kind, Tensor *real, Tensor *fake,
                                       double share);

#endif
