/* A network's forward and backward as a pair, joined with the losses at the network's output: they
 * are computed on a leaf, and what arrives there goes back through the network. */
#ifndef NETS_PASS_H
#define NETS_PASS_H

#include "nets/network.h"

typedef struct NetworkPass NetworkPass;

/* Runs the network on image (N,C,H,W).
 *   mode      ForwardMode values or-ed; with FORWARD_FROZEN no gradients arrive
 *   segments  1: autograd keeps all activations. More: gradient checkpointing (Chen et al. 2016,
 *             arXiv:1604.06174): of all segments but the last only what crosses their borders is
 *             kept, and their activations are computed again in the backward pass. Where libtorch
 *             computes, the gradients are the same bits; of runs that the fused reader computes
 *             they differ in rounding where a border divides what it would compute as one. Buffers
 * change in the first computation alone, and nothing may change them or the parameters before
 * network_pass_end. *output   float32, a leaf in the caller's scope that losses are computed on
 * NULL with an error. */
NetworkPass *network_pass_begin(Network *network, Tensor *image, int mode, int segments,
                                Tensor **output);

/* Goes back from d loss / d output (the output's shape) into the network's gradients, to which it
 * adds, and frees the pass. A NULL gradient: frees it only. A NULL pass is fine.
 * What the caller still holds of the losses takes memory beside all activations: better free it,
 * and the output, first. */
int network_pass_end(NetworkPass *pass, Tensor *output_gradient);

#endif
