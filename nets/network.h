/* The torch reader: runs a graph through libtorch, forward and (by autograd) backward. Trained
 * parameters lie in one flat vector, their gradients in another, so that optimisers, averages and
 * ranks see vectors; buffers (spectral norm's u and v) lie beside them. */
#ifndef NETS_NETWORK_H
#define NETS_NETWORK_H

#include "nets/graph.h"
#include "tensor/tensor.h"

typedef enum Precision { PRECISION_FP32, PRECISION_BF16 } Precision;

typedef struct Network Network;

/* Who computes: libtorch operation by operation, or the fused reader (nets/fused) what it knows and
 * libtorch the rest. AUTO: fused where tensors lie in host memory. */
typedef enum Backend { BACKEND_AUTO, BACKEND_FUSED, BACKEND_TORCH } Backend;

/* Of networks made from now on; before, $UNMUSH_BACKEND or AUTO. */
void network_choose_backend(Backend backend);
/* Whether the fused reader would compute a network of this graph; `backend` comes before what was
 * chosen, unless it is AUTO. */
bool network_is_fused(const Graph *graph, Backend backend);
/* "fused" or "torch". */
const char *network_backend_name(const Network *network);
/* "bf16" or "fp32". */
const char *network_precision_name(const Network *network);
/* "fused, bf16 maps, avx512; 33 convolutions: 32 winograd, 1 onednn", or libtorch's version and the
 * precision; to be freed. Where a convolution's passes go different ways: forward/data/weights. */
char *network_describe(const Network *network);

/* The faster one for networks made from now on. */
Precision network_fast_precision(void);

/* The graph must outlive the network. `weights` must hold every parameter (graph_check_weights).
 * NULL with an error. PRECISION_BF16 computes activations in bf16, channels last, from fp32
 * parameters; what is made of the image alone, and sums with it, stay fp32. */
Network *network_new(const Graph *graph, const Weights *weights, Precision precision);
void network_free(Network *network);

/* How one forward pass treats the parameters. */
typedef enum ForwardMode {
    FORWARD_PLAIN = 0,
    FORWARD_FROZEN = 1,          /* no gradients into parameters; they still flow to the input */
    FORWARD_UPDATE_SPECTRAL = 2, /* one power iteration per spectral norm, before use */
    /* Batch norm takes mean and variance of this pass's pictures on all ranks. Then a pass through
     * a network with batch norm is collective, and so is going back through it. Without: the
     * running ones are taken. */
    FORWARD_BATCH_STATISTICS = 4,
    FORWARD_UPDATE_STATISTICS = 8, /* with it: the running ones move towards these (momentum 0.1,
                                    * unbiased variance) */
    FORWARD_TWICE = 16,            /* gradients of gradients will be asked for */
    FORWARD_ONCE = 32              /* gradients will be asked for once, and nothing is recorded
                                    * for another time: their memory may be that of results */
} ForwardMode;

/* image (N,C,H,W) -> the graph's output, float32, in the caller's scope; intermediate values die
 * after their last use (autograd keeps what it needs). `taps`: NULL, or room for the graph's
 * taps, in the compute precision. `mode`: ForwardMode values or-ed. */
Tensor *network_forward(Network *network, Tensor *image, int mode, Tensor **taps);

/* The same without output, for taps that need not live at once: each is shown as soon as it is
 * computed, in the graph's order, and freed after its last use. The visitor runs in a scope of its
 * own. */
typedef void NetworkVisitor(void *context, int tap, Tensor *value);
void network_visit(Network *network, Tensor *image, int mode, NetworkVisitor *visit, void *context);

/* Is told how long each piece of work of this network's passes took while it is set: of nodes that
 * are computed as one the first. On the way back only what the fused reader computes is told. NULL
 * ends it. */
typedef void NetworkObserver(void *context, const Node *node, bool back, double seconds);
void network_observe(Network *network, NetworkObserver *observe, void *context);

/* The parameters change no more: what is computed from them alone may be kept. NULL is fine. */
void network_fix(Network *network);

/* Flat vectors of graph_trained_count values, owned by the network. There are no gradients before
 * they are asked for, or a pass goes through that is not FORWARD_FROZEN. */
Tensor *network_values(Network *network);
Tensor *network_gradients(Network *network);

/* Calls complete(context, i, offset, count) in every backward pass as soon as the gradient of the
 * trained parameter i (in graph order), at network_gradients[offset .. offset+count), is complete:
 * tensor_watch says from where and how often. NULL ends it. One watcher at a time. 0 or -1. */
typedef void NetworkWatcher(void *context, int i, int64_t offset, int64_t count);
int network_watch(Network *network, NetworkWatcher *complete, void *context);

/* All parameters and buffers copied to the host under their keys, in graph order. With `values` (a
 * flat vector, as an average of the parameters) these are taken instead of the network's own. */
Weights *network_weights(const Network *network, Tensor *values);
int network_set_weights(Network *network, const Weights *weights);

const Graph *network_graph(const Network *network);

#endif
