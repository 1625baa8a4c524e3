/* Builder calls: each adds a node and returns it. Names are local; graph_enter puts parts in front.
 * x is (N,C,H,W). */
#ifndef NETS_LAYERS_H
#define NETS_LAYERS_H

#include "nets/graph.h"

Node *layer_input(Graph *g, int channels);

/* k x k convolution, stride 1, extents kept, with bias: keys NAME.weight (O,C,k,k), NAME.bias (O).
 */
Node *layer_conv(Graph *g, const char *name, Node *x, int channels, int kernel);
/* The general one: with or without bias and spectral norm (NAME.weight_orig, _u, _v). */
typedef struct ConvOptions {
    int kernel, stride, padding;
    bool bias, spectral;
    bool linear; /* the weight has rank 2, (O, C k k), as nn.Linear's */
    /* The weight begins normal with this deviation; 0: PyTorch's default. */
    double deviation;
} ConvOptions;
Node *layer_conv_general(Graph *g, const char *name, Node *x, int channels, ConvOptions options);

/* Fully connected over areas of C x side x side, as nn.Linear's: keys NAME.weight (O, C side side),
 * NAME.bias. With side 1: every pixel by itself; else for inputs of exactly side x side. */
Node *layer_linear(Graph *g, const char *name, Node *x, int channels, int side);

/* Initial values of a convolution other than PyTorch's default; the convolution is returned.
 * Kaiming: normal of deviation gain * sqrt(2 / fan-in), bias 0; gain 1 keeps the variance through
 * ReLU. He et al., ICCV 2015. Gain 0 makes it all zero. Gain: the same, with biases as they are. */
Node *layer_kaiming(Graph *g, Node *conv, double gain);
Node *layer_gain(Graph *g, Node *conv, double gain);

Node *layer_prelu(Graph *g, const char *name, Node *x); /* key NAME.weight (C), starts at 0.25 */
Node *layer_leaky_relu(Graph *g, Node *x, double slope);
Node *layer_relu(Graph *g, Node *x);
Node *layer_silu(Graph *g, Node *x);
Node *layer_sigmoid(Graph *g, Node *x);
Node *layer_mish(Graph *g, Node *x);
Node *layer_gelu(Graph *g, Node *x);
Node *layer_add(Graph *g, Node *a, Node *b);
Node *layer_add_scaled(Graph *g, Node *a, Node *b, double scale); /* a + scale b */
Node *layer_multiply(Graph *g, Node *a, Node *b);
Node *layer_affine(Graph *g, Node *x, double scale, double shift); /* scale x + shift */
/* The nearest of the 256 values (level - zero) step, level 0..255. step: a float. No gradient goes
 * through it: for networks that are done with training. */
Node *layer_quantise(Graph *g, Node *x, double step, int zero);
Node *layer_concat(Graph *g, Node *const *parts, int count);
Node *layer_slice(Graph *g, Node *x, int first, int channels); /* channels first, first + 1, ... */
/* Channel c becomes the channels c times .. c times + times - 1. */
Node *layer_repeat(Graph *g, Node *x, int times);
Node *layer_normalise(Graph *g, Node *x, const float *mean, const float *deviation);
/* (x - DIV2K's mean colour) * range, and the way back; x has 3 channels. */
Node *layer_centre(Graph *g, Node *x, double range);
Node *layer_uncentre(Graph *g, Node *x, double range);
Node *layer_pixel_shuffle(Graph *g, Node *x, int factor);
Node *layer_pixel_unshuffle(Graph *g, Node *x, int factor);
Node *layer_nearest(Graph *g, Node *x, int factor);
Node *layer_bilinear(Graph *g, Node *x, int factor);
Node *layer_max_pool(Graph *g, Node *x, int kernel, int stride, bool ceil_mode);

/* A mean and a variance for each channel, of the batch or running ones (FORWARD_BATCH_STATISTICS in
 * nets/network.h decides), epsilon 1e-5: keys NAME.weight, bias, running_mean, running_var,
 * num_batches_tracked. Ioffe & Szegedy 2015, arXiv:1502.03167. */
Node *layer_batch_norm(Graph *g, const char *name, Node *x);
/* A mean and a variance for each group of channels of each picture, epsilon 1e-5: keys NAME.weight,
 * bias. They are those of the whole picture: tiles differ from it. Wu & He 2018, arXiv:1803.08494.
 */
Node *layer_group_norm(Graph *g, const char *name, Node *x, int groups);
/* A mean and a variance for each pixel: keys NAME.weight, bias. Ba et al. 2016, arXiv:1607.06450.
 */
Node *layer_layer_norm(Graph *g, const char *name, Node *x, double epsilon);

/* Mirrors to the right and below up to multiples of `multiple`, without repeating the edge; as
 * often as a small picture needs. */
Node *layer_pad_to_multiple(Graph *g, Node *x, int multiple);
/* The upper left corner of x, `scale` times `reference` in extent. */
Node *layer_crop(Graph *g, Node *x, Node *reference, int scale);

/* Multi-head self-attention within windows of `window` x `window` pixels, which begin at `shift`
 * and never join the picture's opposite borders. Keys NAME.relative_position_bias_table, NAME.qkv,
 * NAME.proj, and the constants NAME.relative_position_index and, beside NAME, attn_mask for a
 * picture of `picture` x `picture` (where shift is not 0). Extents are multiples of the window.
 * Liu et al., Swin, ICCV 2021, arXiv:2103.14030. */
typedef struct WindowOptions {
    int window, shift, heads, picture;
} WindowOptions;
Node *layer_window_attention(Graph *g, const char *name, Node *x, WindowOptions options);

#endif
