/* The detail loss: METRICS.md's decomposition of the detail error, with a weight of its own for
 * what is lost (smoothing) and for what is invented (hallucination), so that a user can set the
 * trade-off directly.
 *
 * With d(x) = x - U(D(x)) on Y in 0..255, G a Gaussian of sigma = scale and, at every pixel,
 * hh = G * d(hr)^2, hs = G * d(hr) d(sr), a = max(0, hs / hh), e = G * (d(sr) - d(hr))^2:
 *
 *     lost = max(0, 1 - a)^2 hh    exaggerated = max(0, a - 1)^2 hh    the rest of e is invented
 *
 * What D(sr) does is not punished: the loss wants one of L1, MSE or consistency beside it. */
#ifndef LOSSES_DETAIL_H
#define LOSSES_DETAIL_H

#include "tensor/tensor.h"

/* (lost mean(lost) + invented mean(invented) + mean(exaggerated)) / (mean(hh) + 1), means over the
 * whole batch. Collective. Adding results up over ranks gives the batch's loss. Always in float32
 * (or the wider type of sr).
 *   sr, hr          (N,3,H,W), RGB in 0..1, H and W multiples of the scale; hr is a constant
 *   scale           at least 2
 *   lost, invented  weights, at least 0; 1 and 1 is the plain squared error of the detail
 *   share           this rank's part of the batch's samples
 * ERROR_SHAPE where the extents are no multiples. */
Tensor *loss_detail(Tensor *sr, Tensor *hr, int scale, double lost, double invented, double share);

#endif
