/* The R1 penalty: a discriminator whose verdict changes fast around real pictures is made smoother.
 * Mescheder, Geiger & Nowozin, ICML 2018, arXiv:1801.04406. */
#ifndef LOSSES_R1_H
#define LOSSES_R1_H

#include "tensor/tensor.h"

/* mean over samples of |d sum(logits) / d image|^2 * share; weigh it with gamma / 2. Going back
 * through it reaches the discriminator's parameters (a double backward pass: about three times the
 * time of a plain one, so that it is often computed every 16th step alone, times 16).
 *   image   (N,C,H,W), real pictures: the leaf (tensor_leaf) that the logits were computed from
 *   logits  the discriminator's, with gradients into its parameters, each sample's of its own
 *           picture alone (not with batch norm's statistics of the batch)
 *   share   this rank's part of the batch's samples */
Tensor *loss_r1(Tensor *logits, Tensor *image, double share);

#endif
