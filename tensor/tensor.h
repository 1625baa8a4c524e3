/* A small C face on libtorch: opaque handles, scopes that own them, sticky errors.
 *
 * Tensors are float32 unless said otherwise, images are (N,C,H,W). An operation does nothing and
 * returns NULL while an error is pending or after an operand failed, so expressions compose and one
 * check at the end is enough. Every failure is ERROR_TENSOR (ERROR_SHAPE for extents).
 *
 * Every tensor belongs to the innermost open scope and dies with it; tensor_own takes one out.
 * Without an open scope it is the caller's.
 * Scopes belong to the thread that opens them. Several threads may compute at once, with tensors of
 * their own and with shared ones (outside of every scope) that none of them changes. Going back
 * through losses, and sums over ranks, are for one thread. libtorch (0.4 s to load) is loaded by
 * the first call. */
#ifndef TENSOR_TENSOR_H
#define TENSOR_TENSOR_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Tensor Tensor;

typedef enum TensorType { TENSOR_FLOAT, TENSOR_BF16, TENSOR_DOUBLE } TensorType;
enum { TENSOR_MOST_DIMENSIONS = 5 };

/* ---- The library -------------------------------------------------------------------------- */

/* Loads libtorch and sets the number of threads. `device` is "auto" (a CUDA device if libtorch has
 * one, else the processor), "cpu" or "cuda"; ranks of one machine take its devices in turn. Without
 * this call the first operation loads it with threads_count() threads and "auto". 0 or -1. */
int tensor_begin(int threads, const char *device);

const char *tensor_version(void); /* "libtorch 1.13.1 (cpu)"; loads it */
/* How many processors this thread's operations use from now on; returns what it was. */
int tensor_threads(int count);
bool tensor_bf16_is_fast(void); /* this machine multiplies bf16 faster than fp32 */
int64_t tensor_live(void);      /* handles alive, for leak tests */
/* The most bytes that large tensors in host memory took at once since the last call with `restart`;
 * 0 if that is not known. */
int64_t tensor_memory_most(bool restart);
/* From now on large tensors in host memory take at most so many bytes beside those that are there
 * now, of all threads; 0: no limit. What
 * would take more fails with ERROR_MEMORY. 0, or -1 where the library cannot be loaded. */
int tensor_limit_memory(int64_t bytes);
/* What the GPU that tensors lie on has free; 0 if they lie in host memory or it is not known. */
int64_t tensor_device_memory_free(void);

/* ---- Lifetimes ---------------------------------------------------------------------------- */

void tensor_scope_begin(void);
void tensor_scope_end(void);

/* Takes a tensor out of its scope; the caller frees it with tensor_free. Returns it (NULL stays).
 */
Tensor *tensor_own(Tensor *t);
/* Moves a tensor to the enclosing scope, for results of a function with a scope of its own. */
Tensor *tensor_keep(Tensor *t);
/* Frees a tensor of whatever scope at once. NULL is fine. */
void tensor_free(Tensor *t);

/* ---- In and out --------------------------------------------------------------------------- */

Tensor *tensor_zeros(int rank, const int64_t *shape);
Tensor *tensor_from_floats(const float *values, int rank, const int64_t *shape);
/* rgb (N,H,W,3) bytes -> (N,3,H,W) in 0..1. */
Tensor *tensor_from_rgb(const uint8_t *rgb, int64_t n, int64_t h, int64_t w);
/* (N,3,H,W) in 0..1 -> (N,H,W,3) bytes, clip(floor(255 v + 0.5)). */
int tensor_to_rgb(const Tensor *t, uint8_t *rgb);
/* All values in row-major order of the shape; count must be tensor_count(t). */
int tensor_to_floats(const Tensor *t, float *values, int64_t count);
int tensor_to_doubles(const Tensor *t, double *values, int64_t count);
/* Overwrites a float tensor's values. */
int tensor_set_floats(Tensor *t, const float *values, int64_t count);
/* The storage of a contiguous float32 tensor in host memory; NULL (no error) for any other. */
float *tensor_data(Tensor *t);
/* The one value of a tensor of one element; NAN while an error is pending. */
double tensor_item(const Tensor *t);

bool tensor_is_bf16(const Tensor *t);
int64_t tensor_extent(const Tensor *t, int axis);
int64_t tensor_count(const Tensor *t);

/* ---- Element by element (extents equal, or 1 where one side is repeated) --------------------- */

Tensor *tensor_add(Tensor *a, Tensor *b);
Tensor *tensor_add_scaled(Tensor *a, Tensor *b, double scale); /* a + scale b */
Tensor *tensor_subtract(Tensor *a, Tensor *b);
Tensor *tensor_multiply(Tensor *a, Tensor *b);
Tensor *tensor_divide(Tensor *a, Tensor *b);
Tensor *tensor_affine(Tensor *a, double scale, double shift); /* a * scale + shift */
/* The nearest of the 256 values (level - zero) step, level 0..255, ties to even levels: what ONNX's
 * QuantizeLinear and DequantizeLinear make of a. float32; without gradient. step > 0, a float. */
Tensor *tensor_quantise(Tensor *a, double step, int zero);
Tensor *tensor_absolute(Tensor *a);
Tensor *tensor_square(Tensor *a);
Tensor *tensor_root(Tensor *a);
Tensor *tensor_power(Tensor *a, double exponent); /* a above 0 */
Tensor *tensor_is_positive(Tensor *a);            /* 1 where a > 0, else 0; without gradient */
Tensor *tensor_softplus(Tensor *a);               /* log(1 + exp(a)), stable */
Tensor *tensor_relu(Tensor *a);
Tensor *tensor_leaky_relu(Tensor *a, double slope);
/* The same, written over a; a itself must not be used any more. slope > 0. */
Tensor *tensor_relu_in_place(Tensor *a);
Tensor *tensor_leaky_relu_in_place(Tensor *a, double slope);
Tensor *tensor_sigmoid(Tensor *a);
Tensor *tensor_silu(Tensor *a);                  /* a sigmoid(a) */
Tensor *tensor_mish(Tensor *a);                  /* a tanh(softplus(a)) */
Tensor *tensor_gelu(Tensor *a);                  /* a (1 + erf(a / sqrt 2)) / 2 */
Tensor *tensor_prelu(Tensor *a, Tensor *slopes); /* slopes (C) */

/* ---- Sums ---------------------------------------------------------------------------------- */

Tensor *tensor_sum(Tensor *a);                /* one value; accumulates bf16 in fp32 */
Tensor *tensor_mean(Tensor *a);               /* one value */
Tensor *tensor_sum_axis(Tensor *a, int axis); /* keeps the axis with extent 1 */
/* The sum of |a - b|, one float32 value; accumulates in double where both lie in host memory in the
 * same order. */
Tensor *tensor_distance(Tensor *a, Tensor *b);
Tensor *tensor_largest_pixel(Tensor *a);      /* (N,C,H,W) -> (N,C,1,1) */
/* Collective. The sum over all ranks of values of the same shape, float32 or double. Going back
 * through it is collective, too: the gradient towards this rank's values is the sum of what all
 * ranks' losses ask of the result, so a loss that is added up over ranks has its exact gradient. */
Tensor *tensor_sum_ranks(Tensor *a);

/* ---- Planes -------------------------------------------------------------------------------- */

/* vertical x horizontal' for every plane of x: x (...,H,W), vertical (O,H), horizontal (P,W), both
 * constants and best with few values beside the diagonal -> (...,O,P). Always in x's type. */
Tensor *tensor_linear_planes(Tensor *x, Tensor *vertical, Tensor *horizontal);
/* Squared magnitudes of every plane's orthonormal two-dimensional Fourier transform: (N,C,H,W) ->
 * (N,C,H,W/2+1), at least in float32. Column k also stands for column W-k, its mirror image. */
Tensor *tensor_power_spectrum(Tensor *x);

/* ---- Networks ------------------------------------------------------------------------------ */

/* x (N,C,H,W), weight (O,C,k,k), bias (O) or NULL -> (N,O,H',W'). */
Tensor *tensor_conv(Tensor *x, Tensor *weight, Tensor *bias, int stride, int padding);
/* The kernel (O,I,k,k) and bias (O) of one convolution that does what a chain of three does, 1x1
 * `in` (K,I,1,1), k x k `middle` (M,K,k,k), 1x1 `out` (O,M,1,1), with a 1x1 `beside` it
 * (O,I,1,1). */
Tensor *tensor_compose_kernel(Tensor *beside, Tensor *in, Tensor *middle, Tensor *out);
/* The biases of the four in the same order; middle's and out's kernels are needed too. */
Tensor *tensor_compose_bias(Tensor *beside, Tensor *in, Tensor *middle, Tensor *out,
                            Tensor *middle_kernel, Tensor *out_kernel);
/* weight / sigma, sigma = u' W v with W = weight as (O, rest); with `update`, one power iteration
 * changes u (O) and v (rest) in place first. Miyato et al., ICLR 2018. */
Tensor *tensor_spectral(Tensor *weight, Tensor *u, Tensor *v, bool update);
/* Batch normalisation of x (N,C,H,W): (x - mean) / sqrt(variance + epsilon) * weight + bias with a
 * mean and a variance for each channel; weight and bias (C) float32.
 *   of_batch   mean and variance are those of all ranks' x together (collective, and so is going
 *              back; it cannot be differentiated twice on several ranks). Otherwise the running
 *              ones are taken
 *   move       with of_batch: the running ones move towards these by a tenth, in place, the
 *              variance unbiased, and batches by 1
 *   mean, variance   running ones, (C) float32; batches one float32 */
typedef struct BatchNorm {
    Tensor *mean, *variance, *batches;
    bool of_batch, move;
    double epsilon;
} BatchNorm;
Tensor *tensor_batch_norm(Tensor *x, Tensor *weight, Tensor *bias, const BatchNorm *state);
/* A mean and a variance for each group of a picture's channels; weight, bias (C) float32. */
Tensor *tensor_group_norm(Tensor *x, Tensor *weight, Tensor *bias, int groups, double epsilon);
/* A mean and a variance for each pixel of x (N,C,H,W), over its channels. */
Tensor *tensor_layer_norm(Tensor *x, Tensor *weight, Tensor *bias, double epsilon);
/* Mirrors x to the right and below, without repeating the edge, up to multiples. */
Tensor *tensor_pad_to_multiple(Tensor *x, int multiple);
/* Attention between the pixels of a window, for each head: softmax(q k' / sqrt(d) + bias) v.
 *   qkv      (N,3C,H,W): channels (q, k, v; head; d) with d = C / heads; H, W multiples of side
 *   table    ((2 side - 1)^2, heads) float32: the bias by the relative position of two pixels
 *   windows  side x side pixels; the first begins at pixel `shift`, and the last goes on at the
 *            picture's beginning, where pixels do not see those of the other border (bias -100)
 * -> (N,C,H,W) */
typedef struct Windows {
    int side, shift, heads;
} Windows;
Tensor *tensor_window_attention(Tensor *qkv, Tensor *table, Windows windows);
Tensor *tensor_repeat_channels(Tensor *x, int times);  /* every channel `times` times in a row */
Tensor *tensor_pixel_shuffle(Tensor *x, int factor);   /* (N,C f f,H,W) -> (N,C,H f,W f) */
Tensor *tensor_pixel_unshuffle(Tensor *x, int factor); /* the inverse */
Tensor *tensor_nearest(Tensor *x, int factor);         /* enlarges H and W */
Tensor *tensor_bilinear(Tensor *x, int factor);        /* the same, pixel centres aligned */
Tensor *tensor_max_pool(Tensor *x, int kernel, int stride, bool ceil_mode);
/* Weighted root mean squares instead of maxima: sqrt(w * x^2 + 1e-12) with a 3x3 Hanning window w
 * of sum 1, stride 2, zeros beyond the border. (N,C,H,W) -> (N,C,ceil(H/2),ceil(W/2)). Henaff &
 * Simoncelli, ICLR 2016. */
Tensor *tensor_l2_pool(Tensor *x);
Tensor *tensor_concat(Tensor *const *parts, int count, int axis);

/* ---- Features compared ---------------------------------------------------------------------- */

/* Every pixel's vector over the channels of x (N,C,H,W) divided by its length + 1e-10. */
Tensor *tensor_unit_pixels(Tensor *x);
/* The sum over c of weights[c] (unit - x / (|x| + 1e-10))^2 at every pixel, with `unit` from
 * tensor_unit_pixels and C weights: (N,1,H,W); exactly 0 where x is what unit was made of. Without
 * gradient. */
Tensor *tensor_unit_distances(Tensor *unit, Tensor *x, Tensor *weights);
/* Sums over all pixels of x, x^2 and x y, double: (N,3,C). Without gradient. */
Tensor *tensor_channel_sums(Tensor *x, Tensor *y);

/* ---- Shapes and types ----------------------------------------------------------------------- */

Tensor *tensor_slice(Tensor *a, int axis, int64_t first, int64_t count);
Tensor *tensor_reshape(Tensor *a, int rank, const int64_t *shape);
Tensor *tensor_to_type(Tensor *a, TensorType type);
Tensor *tensor_channels_last(Tensor *a); /* same values, channels fastest in memory */

/* ---- Gradients ------------------------------------------------------------------------------ */

/* A leaf that shares no history with `a` but shares its values; gradients flow no further back. */
Tensor *tensor_detach(Tensor *a);
/* A detached leaf whose gradient tensor_backward computes. */
Tensor *tensor_leaf(Tensor *a);
/* Adds d loss / d leaf to every leaf's gradient. loss has one element. */
int tensor_backward(Tensor *loss);
/* The same from given gradients of `count` outputs; a NULL gradient means ones. */
int tensor_backward_from(Tensor *const *outputs, Tensor *const *gradients, int count);
/* d loss / d leaf alone, in this scope: other leaves' gradients stay as they are and are not
 * computed. What was recorded is kept, so that another loss can go back through it too. */
Tensor *tensor_gradient_of(Tensor *loss, Tensor *leaf);
/* The same, itself recorded: losses of a gradient have gradients. */
Tensor *tensor_gradient_with_graph(Tensor *loss, Tensor *leaf);
/* The gradient of a leaf, in this scope; an error if there is none. */
Tensor *tensor_gradient(Tensor *leaf);
/* Between these, operations record nothing for gradients. They nest. */
void tensor_no_grad_begin(void);
void tensor_no_grad_end(void);

/* ---- Functions of our own ---------------------------------------------------------------------
 *
 * What computes values and gradients without libtorch, and is joined to what libtorch recorded. */

/* Whether operations on t are recorded for gradients now. */
bool tensor_records(Tensor *t);

/* How the gradients of a function's inputs come from those of its outputs. */
typedef struct TensorFunction {
    void *context;
    /* gradients[i] of output i, NULL for zero, of any memory layout; results[i] of input i, to be
     * made where wanted[i] (NULL stands for zero). In a scope of its own, without recording; may
     * come several times. 0, or -1 with an error. */
    int (*backward)(void *context, Tensor *const *gradients, const bool *wanted, Tensor **results);
    void (*release)(void *context); /* once: nothing can go back any more */
} TensorFunction;

/* Replaces outputs[i], values without history, by the same values as results of the function of
 * `inputs` (NULL ones are fine). The context must not hold these: they hold it. 0 or -1. */
int tensor_join(Tensor *const *inputs, int input_count, Tensor **outputs, int output_count,
                const TensorFunction *function);

/* Where the values of an image tensor lie, channels fastest. */
typedef struct TensorImage {
    void *data;
    TensorType type;
    int64_t n, h, w, channels;
} TensorImage;
/* False (no error) for any other tensor: elsewhere than in host memory, not (N,C,H,W), channels not
 * last, neither float nor bf16. */
bool tensor_image(Tensor *t, TensorImage *image);
/* Uninitialised: of that form (data is not read), and of t's shape and type, row-major. */
Tensor *tensor_new_image(const TensorImage *form);
Tensor *tensor_new_like(Tensor *t);
bool tensor_on_processor(void); /* tensors lie in host memory */

/* ---- Flat parameter vectors ------------------------------------------------------------------ */

/* A leaf over flat[offset .. offset + product of shape) whose gradient accumulates into the same
 * part of `gradients` (a vector of the same length). */
Tensor *tensor_parameter(Tensor *flat, Tensor *gradients, int64_t offset, int rank,
                         const int64_t *shape);
int tensor_fill(Tensor *t, double value);
int tensor_copy(Tensor *to, Tensor *from);
/* The Euclidean length of a float vector, summed in double: not finite if a value is not. */
double tensor_norm(Tensor *t);

/* ---- Gradients on their way to other processes ------------------------------------------------
 */

/* Calls complete(context, i) in every backward pass as soon as the gradient of leaves[i] has all
 * that this pass adds to it: once per pass, from the thread that goes back (on GPUs not the
 * caller's, and the kernels that write it may still run: tensor_event), in one order every time.
 * `complete` may copy tensors and make no handles. The leaves may be freed before the watch. */
typedef struct TensorWatch TensorWatch;
TensorWatch *tensor_watch(Tensor *const *leaves, int count,
                          void (*complete)(void *context, int index), void *context);
int tensor_unwatch(TensorWatch *watch); /* NULL is fine; 0 */

/* Vector of `count` values, uninitialised: where tensors live, or in host memory (pinned if they
 * live on a GPU). */
Tensor *tensor_buffer(int64_t count, TensorType type, bool on_host);
/* Where a contiguous tensor's values lie, perhaps on a GPU. */
void *tensor_address(Tensor *t);
/* tensor_copy that may still be under way when it returns; tensor_event tells. */
int tensor_copy_begin(Tensor *to, Tensor *from);

/* A mark behind all the work given to the GPU so far from this thread; NULL (no error) without GPU:
 * there it has happened already. Any thread. */
typedef struct TensorEvent TensorEvent;
TensorEvent *tensor_event(void);
bool tensor_event_happened(const TensorEvent *event);
int tensor_event_free(TensorEvent *event); /* 0 */

/* Optimisers work on flat vectors, in one pass:
 *     ADAM           Kingma & Ba 2015, weight decay added to the gradient
 *     ADAMW          the same with decoupled decay (Loshchilov & Hutter 2019)
 *     ADAN           Xie et al. 2022, arXiv:2208.06677, with its proximal decay
 *     SCHEDULE_FREE  AdamW without a schedule, Defazio et al. 2024, arXiv:2405.15682 */
typedef enum OptimiserKind {
    OPTIMISER_ADAM,
    OPTIMISER_ADAMW,
    OPTIMISER_ADAN,
    OPTIMISER_SCHEDULE_FREE
} OptimiserKind;
enum { OPTIMISER_MOST_STATES = 4 };

typedef struct OptimiserStep {
    OptimiserKind kind;
    double rate, beta1, beta2,
        beta3; /* beta3: Adan's memory of squares, its beta2 of differences */
    double epsilon, decay;
    int64_t step; /* 1 for the first */
    double average_decay;
    double gradient_scale; /* the gradient is multiplied by it first */
    double mean_weight;    /* schedule-free: of the newest base point in their mean */
} OptimiserStep;

/* How many state vectors a kind has: Adam first, second (moments); Adan first, second, difference,
 * previous (gradient); schedule-free second, base, mean. */
int tensor_optimiser_states(OptimiserKind kind);

/* One step. All vectors have the same length; states are zero before the first step, but base and
 * mean are copies of value.
 *   average  the exponential moving average of the result, or NULL; schedule-free: its mean */
int tensor_optimise(Tensor *value, Tensor *gradient, Tensor *const *states, Tensor *average,
                    const OptimiserStep *step);

#endif
