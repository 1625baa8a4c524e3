#include "export/opens_in.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { RGB = 3, DENSE_GROWTH = 32, JPEG_WINDOW = 7 };

/* ---- Keys and shapes ------------------------------------------------------------------------ */

static bool has(const Graph *g, const char *key)
{
    return graph_find_parameter(g, key) != NULL;
}

/* An extent of the array under that key; 0 if there is none. */
static int64_t extent(const Graph *g, const char *key, int axis)
{
    const Parameter *p = graph_find_parameter(g, key);
    return p && axis < p->rank ? p->shape[axis] : 0;
}

/* One more than the largest N of keys PREFIX.N.anything. */
static int sequence_length(const Graph *g, const char *prefix)
{
    int length = 0;
    size_t skipped = strlen(prefix);
    for (int i = 0; i < g->parameter_count; i++) {
        const char *key = g->parameters[i].key;
        if (strncmp(key, prefix, skipped) == 0 && key[skipped] == '.' &&
            atoi(key + skipped + 1) >= length)
            length = atoi(key + skipped + 1) + 1;
    }
    return length;
}

static int64_t root(int64_t square)
{
    return (int64_t)sqrt((double)square);
}

/* The scale of a pixel shuffle that ends with so many channels. */
static int shuffle_scale(int64_t channels)
{
    return channels % RGB == 0 && root(channels / RGB) * root(channels / RGB) == channels / RGB
               ? (int)root(channels / RGB)
               : 0;
}

static OpensIn refuse(const char *why)
{
    OpensIn answer = {0};
    snprintf(answer.text, sizeof answer.text, "%s", why);
    return answer;
}

/* ---- The networks that unmush has too -------------------------------------------------------- */

static bool detect_compact(const Graph *g)
{
    return has(g, "body.0.weight") && has(g, "body.1.weight");
}

static OpensIn check_compact(const Graph *g, int scale)
{
    int last = sequence_length(g, "body") - 1;
    char bias[32];
    snprintf(bias, sizeof bias, "body.%d.bias", last);
    OpensIn answer = {.recognised = shuffle_scale(extent(g, bias, 0)) == scale};
    snprintf(answer.text, sizeof answer.text, "x%d, %lld features, %d convolutions", scale,
             (long long)extent(g, "body.0.weight", 0), (last - 2) / 2);
    return answer.recognised ? answer : refuse("its scale would not be found");
}

static bool detect_swinir(const Graph *g)
{
    return has(g, "layers.0.residual_group.blocks.0.norm1.weight") && has(g, "conv_first.weight") &&
           has(g, "layers.0.residual_group.blocks.0.mlp.fc1.bias") &&
           has(g, "layers.0.residual_group.blocks.0.attn.relative_position_index");
}

static OpensIn check_swinir(const Graph *g, int scale)
{
    static const char INDEX[] = "layers.0.residual_group.blocks.0.attn.relative_position_index";
    static const char MASK[] = "layers.0.residual_group.blocks.1.attn_mask";
    int64_t window = root(extent(g, INDEX, 0));
    bool shifted = sequence_length(g, "layers.0.residual_group.blocks") > 1;
    if (window == JPEG_WINDOW)
        return refuse("windows of 7 are taken for networks whose colours go from 0 to 255");
    if (shifted && extent(g, MASK, 0) < 2)
        return refuse("its masks are of pictures of one window, which has none there");
    OpensIn answer = {.recognised = true};
    snprintf(answer.text, sizeof answer.text,
             "x%d, %lld features, %d layers, windows of %lld; fp32 and bf16 only, best without "
             "tiles",
             scale, (long long)extent(g, "conv_first.weight", 0), sequence_length(g, "layers"),
             (long long)window);
    return answer;
}

static bool detect_span(const Graph *g)
{
    static const char *const KEYS[] = {"conv_1.sk.weight",
                                       "block_1.c1_r.sk.weight",
                                       "block_1.c1_r.eval_conv.weight",
                                       "block_1.c3_r.eval_conv.weight",
                                       "conv_cat.weight",
                                       "conv_2.sk.weight",
                                       "conv_2.eval_conv.weight",
                                       "upsampler.0.weight"};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (!has(g, KEYS[i]))
            return false;
    return true;
}

static OpensIn check_span(const Graph *g, int scale)
{
    OpensIn answer = {.recognised = shuffle_scale(extent(g, "upsampler.0.weight", 0)) == scale};
    snprintf(answer.text, sizeof answer.text, "x%d, %lld features%s", scale,
             (long long)extent(g, "conv_1.sk.weight", 0),
             has(g, "no_norm") ? ", without normalisation" : "");
    return answer.recognised ? answer : refuse("its scale would not be found");
}

static bool detect_esrgan(const Graph *g)
{
    return has(g, "conv_first.weight") && has(g, "body.0.rdb1.conv1.weight") &&
           has(g, "conv_body.weight") && has(g, "conv_last.weight");
}

static OpensIn check_esrgan(const Graph *g, int scale)
{
    int64_t inputs = extent(g, "conv_first.weight", 1);
    int enlargement = 1, unshuffle = inputs == RGB * 4 ? 2 : inputs == RGB * 16 ? 4 : 1;
    for (char key[] = "conv_up1.weight"; key[7] <= '9' && has(g, key); key[7]++)
        enlargement *= 2;
    if (extent(g, "body.0.rdb1.conv1.weight", 0) != DENSE_GROWTH)
        return refuse("a growth of 32 channels in its dense blocks is taken for granted");
    if (inputs != RGB * unshuffle * unshuffle || enlargement != scale * unshuffle)
        return refuse("pixels are unshuffled by 2 or 4, or not at all");
    OpensIn answer = {.recognised = true};
    snprintf(answer.text, sizeof answer.text, "x%d, %lld features, %d blocks", scale,
             (long long)extent(g, "conv_first.weight", 0), sequence_length(g, "body"));
    return answer;
}

static bool detect_plksr(const Graph *g)
{
    return has(g, "feats.0.weight") && has(g, "feats.1.lk.conv.weight") &&
           has(g, "feats.1.refine.weight") && has(g, "feats.1.channel_mixer.0.weight");
}

static OpensIn check_plksr(const Graph *g, int scale)
{
    int64_t features = extent(g, "feats.0.weight", 0);
    int64_t large = extent(g, "feats.1.lk.conv.weight", 0);
    double share = (double)large / (double)features;
    /* It goes by the share, and rounds down. */
    if ((int64_t)((double)features * share) != large)
        return refuse("the channels of its large kernel would be rounded to another number");
    OpensIn answer = {.recognised = true};
    snprintf(answer.text, sizeof answer.text, "x%d, %lld features, %d blocks%s", scale,
             (long long)features, sequence_length(g, "feats") - 3,
             has(g, "feats.1.layer_norm.bias") ? "" : "; fp32 and bf16 only");
    return answer;
}

/* In spandrel's order: the first that fits is taken. */
static const struct {
    const char *name;
    bool (*detect)(const Graph *g);
    OpensIn (*check)(const Graph *g, int scale);
} RULES[] = {{"Compact", detect_compact, check_compact},
             {"SwinIR", detect_swinir, check_swinir},
             {"SPAN", detect_span, check_span},
             {"ESRGAN", detect_esrgan, check_esrgan},
             {"PLKSR", detect_plksr, check_plksr}};

OpensIn opens_in_spandrel(const Graph *g, int scale)
{
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        if (RULES[i].detect(g)) {
            OpensIn answer = RULES[i].check(g, scale);
            answer.name = RULES[i].name;
            return answer;
        }
    return refuse(has(g, "body.0.weight") ? "compact networks are known by PReLU's slopes there"
                                          : "no network there has these keys");
}

char *opens_in_sentence(const Graph *g, int scale)
{
    OpensIn answer = opens_in_spandrel(g, scale);
    if (answer.recognised)
        return memory_print("opens in: spandrel and chaiNNer as %s, %s", answer.name, answer.text);
    return memory_print("does not open in spandrel and chaiNNer: %s; export ONNX for chaiNNer",
                        answer.text);
}
