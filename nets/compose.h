/* Composed convolutions: out(middle(in(x))) + beside(x), trained as 1x1, k x k and 1x1 kernels in a
 * chain and a 1x1 beside it, is one k x k convolution whose kernel is made of theirs. Exact up to
 * the border, where the chain pads x alone. Structural re-parameterisation: Ding et al., RepVGG,
 * CVPR 2021; this form: Wan et al., SPAN, CVPRW 2024. */
#ifndef NETS_COMPOSE_H
#define NETS_COMPOSE_H

#include "nets/graph.h"

/* Extents kept, with bias; the chain is `gain` times as wide inside. Keys: NAME.conv.0,
 * NAME.conv.1, NAME.conv.2 (the chain), NAME.sk (beside it), each .weight and .bias, and
 * NAME.eval_conv, the kernel made of them: no parameter of its own, but published files hold it. */
Node *layer_conv_composed(Graph *g, const char *name, Node *x, int channels, int kernel, int gain);

/* Sets the kernels that are made of others from these, adding those that `weights` lacks. Kernels
 * whose parts are missing or of another shape are left as they are. */
void graph_compose(const Graph *g, Weights *weights);

#endif
