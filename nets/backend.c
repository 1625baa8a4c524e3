/* Who computes networks, in which precision, and what that comes to. */
#include "nets/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/network_nodes.h"
#include "tensor/kernels/conv.h"
#include "tensor/kernels/processor.h"

static Backend chosen;

void network_choose_backend(Backend backend)
{
    chosen = backend;
}

/* What was chosen, or else what the environment asks for. */
static Backend wanted(void)
{
    const char *asked = getenv("UNMUSH_BACKEND");
    if (chosen == BACKEND_AUTO && asked && strcmp(asked, "torch") == 0)
        return BACKEND_TORCH;
    return chosen;
}

bool network_is_fused(const Graph *g, Backend backend)
{
    bool has_convolution = false;
    for (int i = 0; i < g->count; i++)
        has_convolution = has_convolution || g->nodes[i]->operation == OPERATION_CONV;
    if (backend == BACKEND_AUTO)
        backend = wanted();
    return has_convolution && backend != BACKEND_TORCH && tensor_on_processor();
}

/* Steps of training by the fused reader take 1.06 to 1.19 times as long with fp32 maps (processor
 * time on Zen 4, with AVX-512 and with AVX2 alone, srvgg, rrdb and an adversarial step): what is
 * multiplied is fp32 in both, but half the bytes move. */
Precision network_fast_precision(void)
{
    bool fused = wanted() != BACKEND_TORCH && tensor_on_processor();
    return fused || tensor_bf16_is_fast() ? PRECISION_BF16 : PRECISION_FP32;
}

const char *network_precision_name(const Network *network)
{
    return network_precision(network) == PRECISION_BF16 ? "bf16" : "fp32";
}

/* ---- In words -------------------------------------------------------------------------------- */

enum { MOST_METHODS = 16 };

typedef struct Tally {
    char names[MOST_METHODS][64];
    int counts[MOST_METHODS];
    int kinds, convolutions;
} Tally;

ConvShape network_conv_shape(const Node *n)
{
    return (ConvShape){n->inputs[0]->channels, n->channels, n->kernel, n->stride, n->padding};
}

void network_method(const Network *network, const Node *n, char *text, size_t size)
{
    ConvShape shape = network_conv_shape(n);
    bool bf16 = network_precision(network) == PRECISION_BF16;
    Conv *conv = conv_new(&shape, bf16 ? TENSOR_BF16 : TENSOR_FLOAT, CONV_AUTO);
    snprintf(text, size, "%s", conv ? conv_method_name(conv) : "none");
    conv_free(conv);
}

/* "onednn/winograd/winograd": commas stand between methods. */
static void join_passes(char *name)
{
    char *to = name;
    for (const char *from = name; *from; from++)
        if (*from != ' ')
            *to++ = *from == ',' ? '/' : *from;
    *to = 0;
}

static void count_method(Tally *t, const char *name)
{
    int at = 0;
    while (at < t->kinds && strcmp(t->names[at], name) != 0)
        at++;
    if (at == MOST_METHODS)
        return;
    if (at == t->kinds)
        snprintf(t->names[t->kinds++], sizeof t->names[0], "%s", name);
    t->counts[at]++;
}

static Tally tally(const Network *network)
{
    const Graph *g = network_graph(network);
    Tally t = {0};
    for (int i = 0; i < g->count; i++) {
        char method[32];
        if (g->nodes[i]->operation != OPERATION_CONV)
            continue;
        t.convolutions++;
        network_method(network, g->nodes[i], method, sizeof method);
        join_passes(method);
        count_method(&t, method);
    }
    return t;
}

char *network_describe(const Network *network)
{
    const char *precision = network_precision_name(network);
    if (strcmp(network_backend_name(network), "fused") != 0)
        return memory_print("%s, %s", tensor_version(), precision);
    Tally t = tally(network);
    char *text = memory_print("fused, %s maps, %s; %d convolution%s", precision,
                              processor_name(processor_kind()), t.convolutions,
                              t.convolutions > 1 ? "s" : "");
    for (int i = 0; i < t.kinds; i++) {
        char *longer =
            memory_print("%s%s %d %s", text, i == 0 ? ":" : ",", t.counts[i], t.names[i]);
        free(text);
        text = longer;
    }
    return text;
}
