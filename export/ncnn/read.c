#include "export/ncnn/read.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "nets/elements.h"
#include "nets/layers.h"

enum { MAGIC = 7767517, HALF_TAG = 0x01306B47, MOST_PARAMETERS = 24, MOST_OUTPUTS = 64 };
static const size_t MOST_TEXT = (size_t)1 << 26, MOST_BYTES = (size_t)1 << 31;

typedef struct Blob {
    char *name;
    Node *node;
} Blob;

/* One line of the .param. */
typedef struct Layer {
    char *type, *name, *inputs[NODE_MOST_INPUTS], *outputs[MOST_OUTPUTS];
    int input_count, output_count;
    double parameters[MOST_PARAMETERS]; /* of lists: their one integer */
} Layer;

typedef struct NcnnReader {
    const char *path;
    NcnnNetwork *network;
    const uint8_t *bytes; /* of the .bin */
    size_t count, at;
    Blob *blobs;
    int blob_count, blob_capacity;
    Layer layer; /* being read */
    Node *input; /* the first that it reads; NULL: none */
} NcnnReader;

static int fail(const NcnnReader *r, const char *what)
{
    return error_set(ERROR_FORMAT, "%s: %.60s %.120s: %s", r->path,
                     r->layer.type ? r->layer.type : "layer", r->layer.name ? r->layer.name : "?",
                     what);
}

/* 0 with an error where it is none, or so large that sums of two are none. */
static int integer(const NcnnReader *r, int id)
{
    const double value = r->layer.parameters[id], most = 1 << 30;
    if (value > -most && value < most)
        return (int)value;
    fail(r, "a number that was never written");
    return 0;
}

/* ---- Weights -------------------------------------------------------------------------------- */

static const uint8_t *take(NcnnReader *r, size_t count)
{
    static const uint8_t NOTHING[4];
    if (error_pending() || count > r->count - r->at) {
        fail(r, "its weights reach beyond the file");
        return NOTHING;
    }
    r->at += count;
    return r->bytes + r->at - count;
}

static float *values_of(NcnnReader *r, int index, int64_t *count)
{
    const Parameter *p = &r->network->graph->parameters[index];
    Weight *w = weights_add(r->network->weights, p->key, p->rank, p->shape);
    *count = w->count;
    return w->values;
}

static void read_floats(NcnnReader *r, int index)
{
    int64_t count;
    float *values = values_of(r, index, &count);
    const uint8_t *bytes = take(r, (size_t)count * sizeof *values);
    if (!error_pending())
        memcpy(values, bytes, (size_t)count * sizeof *values);
}

static void read_halves(NcnnReader *r, float *values, int64_t count)
{
    uint32_t tag;
    memcpy(&tag, take(r, sizeof tag), sizeof tag);
    if (tag != HALF_TAG) {
        fail(r, "its weights are not float16");
        return;
    }
    const uint8_t *bytes = take(r, (size_t)(count + 1) / 2 * 4);
    if (!error_pending())
        element_convert(ELEMENT_F16, bytes, count, values);
}

/* ---- Layers --------------------------------------------------------------------------------- */

static Node *read_input(NcnnReader *r)
{
    return layer_input(r->network->graph, 3);
}

static Node *read_same(NcnnReader *r)
{
    return r->input;
}

static Node *read_conv(NcnnReader *r)
{
    const ConvOptions options = {.kernel = integer(r, 1),
                                 .stride = integer(r, 3) ? integer(r, 3) : 1,
                                 .padding = integer(r, 4),
                                 .bias = integer(r, 5)};
    Node *n =
        layer_conv_general(r->network->graph, r->layer.name, r->input, integer(r, 0), options);
    int64_t count;
    if (!n || r->network->graph->parameters[n->weight].count != integer(r, 6)) {
        fail(r, "its weights are not as many as its channels need");
        return NULL;
    }
    float *values = values_of(r, n->weight, &count);
    read_halves(r, values, count);
    if (n->bias >= 0)
        read_floats(r, n->bias);
    return n;
}

/* Every channel so many times in a row. */
static Node *read_repeat(NcnnReader *r)
{
    int channels = integer(r, 0), group = integer(r, 7);
    if (channels < 1 || (size_t)channels > r->count) {
        fail(r, "not as many channels as the file has weights");
        return NULL;
    }
    float *ones = memory_array((size_t)channels + 1, sizeof *ones);
    read_halves(r, ones, channels);
    for (int c = 0; c < channels; c++)
        if (ones[c] != 1)
            fail(r, "not ones");
    free(ones);
    if (group != r->input->channels || group < 1 || channels % group != 0 || integer(r, 1) != 1)
        fail(r, "not one convolution of each channel for itself");
    return error_pending() ? NULL : layer_repeat(r->network->graph, r->input, channels / group);
}

static Node *read_prelu(NcnnReader *r)
{
    Node *n = layer_prelu(r->network->graph, r->layer.name, r->input);
    if (n)
        read_floats(r, n->weight);
    return n;
}

static Node *read_relu(NcnnReader *r)
{
    double slope = r->layer.parameters[0];
    return slope == 0 ? layer_relu(r->network->graph, r->input)
                      : layer_leaky_relu(r->network->graph, r->input, slope);
}

static Node *find(const NcnnReader *r, const char *name)
{
    for (int i = r->blob_count - 1; i >= 0; i--)
        if (strcmp(r->blobs[i].name, name) == 0)
            return r->blobs[i].node;
    fail(r, "reads a blob that no layer before it makes");
    return NULL;
}

static Node *read_binary(NcnnReader *r)
{
    Graph *g = r->network->graph;
    bool multiplies = integer(r, 0) == 2;
    double value = r->layer.parameters[2];
    if (integer(r, 1))
        return multiplies ? layer_affine(g, r->input, value, 0)
                          : layer_affine(g, r->input, 1, value);
    Node *second = r->layer.input_count == 2 ? find(r, r->layer.inputs[1]) : NULL;
    if (!second) {
        fail(r, "not of two blobs");
        return NULL;
    }
    return multiplies ? layer_multiply(g, r->input, second) : layer_add(g, r->input, second);
}

static Node *read_scale(NcnnReader *r)
{
    float values[2][4] = {{0}}, mean[4], deviation[4];
    int channels = r->input->channels;
    if (channels > 4 || integer(r, 0) != channels || !integer(r, 1)) {
        fail(r, "not one factor and one shift for each of four channels at most");
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        const uint8_t *bytes = take(r, (size_t)channels * sizeof(float));
        if (error_pending())
            return NULL;
        memcpy(values[i], bytes, (size_t)channels * sizeof(float));
    }
    for (int c = 0; c < channels; c++) {
        deviation[c] = 1 / values[0][c];
        mean[c] = -values[1][c] / values[0][c];
    }
    return layer_normalise(r->network->graph, r->input, mean, deviation);
}

static Node *read_concat(NcnnReader *r)
{
    Node *parts[NODE_MOST_INPUTS] = {r->input};
    for (int i = 1; i < r->layer.input_count; i++)
        parts[i] = find(r, r->layer.inputs[i]);
    return error_pending() ? NULL : layer_concat(r->network->graph, parts, r->layer.input_count);
}

static Node *read_crop(NcnnReader *r)
{
    return layer_slice(r->network->graph, r->input, integer(r, 9), integer(r, 10) - integer(r, 9));
}

static Node *read_shuffle(NcnnReader *r)
{
    return layer_pixel_shuffle(r->network->graph, r->input, integer(r, 0));
}

static Node *read_unshuffle(NcnnReader *r)
{
    return layer_pixel_unshuffle(r->network->graph, r->input, integer(r, 0));
}

static Node *read_interp(NcnnReader *r)
{
    return integer(r, 0) == 1 ? layer_nearest(r->network->graph, r->input, integer(r, 1))
                              : layer_bilinear(r->network->graph, r->input, integer(r, 1));
}

static Node *read_pooling(NcnnReader *r)
{
    return layer_max_pool(r->network->graph, r->input, integer(r, 1), integer(r, 2),
                          integer(r, 5) == 0);
}

static Node *read_batch_norm(NcnnReader *r)
{
    int64_t count;
    Node *n = layer_batch_norm(r->network->graph, r->layer.name, r->input);
    if (!n)
        return NULL;
    n->value = r->layer.parameters[1];
    read_floats(r, n->weight);
    read_floats(r, n->running_mean);
    read_floats(r, n->running_variance);
    read_floats(r, n->bias);
    values_of(r, n->batches, &count);
    return n;
}

static Node *scaled(NcnnReader *r, Node *n)
{
    if (!n)
        return NULL;
    read_floats(r, n->weight);
    read_floats(r, n->bias);
    return n;
}

static Node *read_group_norm(NcnnReader *r)
{
    Node *n = layer_group_norm(r->network->graph, r->layer.name, r->input, integer(r, 0));
    if (n)
        n->value = r->layer.parameters[2];
    return scaled(r, n);
}

/* Between two Permute layers, which only turn its input and its result. */
static Node *read_layer_norm(NcnnReader *r)
{
    return scaled(
        r, layer_layer_norm(r->network->graph, r->layer.name, r->input, r->layer.parameters[1]));
}

static Node *read_swish(NcnnReader *r)
{
    return layer_silu(r->network->graph, r->input);
}

static Node *read_sigmoid(NcnnReader *r)
{
    return layer_sigmoid(r->network->graph, r->input);
}

static Node *read_mish(NcnnReader *r)
{
    return layer_mish(r->network->graph, r->input);
}

static Node *read_gelu(NcnnReader *r)
{
    return layer_gelu(r->network->graph, r->input);
}

static const struct {
    const char *type;
    Node *(*read)(NcnnReader *r);
} LAYERS[] = {{"Input", read_input},
              {"Split", read_same},
              {"Permute", read_same},
              {"Convolution", read_conv},
              {"ConvolutionDepthWise", read_repeat},
              {"PReLU", read_prelu},
              {"ReLU", read_relu},
              {"Swish", read_swish},
              {"Sigmoid", read_sigmoid},
              {"Mish", read_mish},
              {"GELU", read_gelu},
              {"BinaryOp", read_binary},
              {"Scale", read_scale},
              {"Concat", read_concat},
              {"Crop", read_crop},
              {"PixelShuffle", read_shuffle},
              {"Reorg", read_unshuffle},
              {"Interp", read_interp},
              {"Pooling", read_pooling},
              {"BatchNorm", read_batch_norm},
              {"GroupNorm", read_group_norm},
              {"LayerNorm", read_layer_norm}};

/* ---- Lines ---------------------------------------------------------------------------------- */

/* The line's words; it is cut up. */
static int parse_line(NcnnReader *r, char *line)
{
    Layer *l = &r->layer;
    char *rest = NULL, *word;
    *l = (Layer){0};
    l->type = strtok_r(line, " ", &rest);
    l->name = strtok_r(NULL, " ", &rest);
    char *inputs = strtok_r(NULL, " ", &rest), *outputs = strtok_r(NULL, " ", &rest);
    l->input_count = inputs ? atoi(inputs) : -1;
    l->output_count = outputs ? atoi(outputs) : -1;
    if (l->input_count < 0 || l->input_count > NODE_MOST_INPUTS || l->output_count < 1 ||
        l->output_count > MOST_OUTPUTS)
        return fail(r, "not a layer's line");
    for (int i = 0; i < l->input_count + l->output_count; i++) {
        if (!(word = strtok_r(NULL, " ", &rest)))
            return fail(r, "blobs are missing");
        *(i < l->input_count ? &l->inputs[i] : &l->outputs[i - l->input_count]) = word;
    }
    while ((word = strtok_r(NULL, " ", &rest))) {
        char *value = strchr(word, '=');
        int id = atoi(word);
        bool list = id <= -23300;
        id = list ? -23300 - id : id;
        if (value && list)
            value = strchr(value, ',');
        if (!value || id < 0 || id >= MOST_PARAMETERS)
            return fail(r, "a parameter that was never written");
        l->parameters[id] = strtod(value + 1, NULL);
    }
    return 0;
}

static int read_layer(NcnnReader *r)
{
    const Layer *l = &r->layer;
    r->input = l->input_count ? find(r, l->inputs[0]) : NULL;
    for (size_t i = 0; i < sizeof LAYERS / sizeof *LAYERS && !error_pending(); i++) {
        if (strcmp(LAYERS[i].type, l->type) != 0)
            continue;
        Node *node = !r->input && i > 0 ? NULL : LAYERS[i].read(r);
        if (!node || error_pending())
            return fail(r, "cannot be read back");
        for (int k = 0; k < l->output_count; k++) {
            memory_grow(&r->blobs, r->blob_count, &r->blob_capacity, sizeof *r->blobs);
            r->blobs[r->blob_count++] = (Blob){memory_copy_string(l->outputs[k]), node};
        }
        return 0;
    }
    return fail(r, "not a layer that is written here");
}

static int read_lines(NcnnReader *r, char *text)
{
    char *rest = NULL, *line = strtok_r(text, "\n", &rest);
    if (!line || atoi(line) != MAGIC || !(line = strtok_r(NULL, "\n", &rest)))
        return error_set(ERROR_FORMAT, "%s: not a .param file of ncnn", r->path);
    const int layers = atoi(line), blobs = strchr(line, ' ') ? atoi(strchr(line, ' ')) : 0;
    int count = 0;
    while ((line = strtok_r(NULL, "\n", &rest))) {
        if (parse_line(r, line) != 0 || read_layer(r) != 0)
            return -1;
        count++;
    }
    Node *output = find(r, "output");
    if (count != layers || r->blob_count != blobs || !output || r->at != r->count)
        return error_set(ERROR_FORMAT, "%s: %d layers of %d, %d blobs of %d, %zu bytes of %zu",
                         r->path, count, layers, r->blob_count, blobs, r->at, r->count);
    graph_output(r->network->graph, output);
    return 0;
}

int ncnn_read(const char *param, const char *bin, NcnnNetwork *network)
{
    size_t length, count;
    uint8_t *text = file_read_whole(param, MOST_TEXT, &length);
    uint8_t *bytes = text ? file_read_whole(bin, MOST_BYTES, &count) : NULL;
    *network = (NcnnNetwork){0};
    int result = -1;
    if (bytes) {
        *network = (NcnnNetwork){graph_new(), weights_new()};
        NcnnReader r = {.path = param, .network = network, .bytes = bytes, .count = count};
        result = read_lines(&r, (char *)text);
        for (int i = 0; i < r.blob_count; i++)
            free(r.blobs[i].name);
        free(r.blobs);
    }
    if (result != 0 && bytes)
        ncnn_network_free(network);
    free(text);
    free(bytes);
    return result;
}

void ncnn_network_free(NcnnNetwork *network)
{
    graph_free(network->graph);
    weights_free(network->weights);
    *network = (NcnnNetwork){0};
}
