#include "tests/export/ncnn_run.h"

#include <stdio.h>

#include "core/file.h"
#include "core/memory.h"
#include "tests/unit.h"

/* ---- Reading -------------------------------------------------------------------------------- */

static float from_half(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    double value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return (float)(half & 0x8000 ? -value : value);
}

typedef struct Bin {
    const uint8_t *bytes;
    size_t count, at;
} Bin;

static const uint8_t *take(Bin *bin, size_t count)
{
    REQUIRE(count <= bin->count - bin->at);
    bin->at += count;
    return bin->bytes + bin->at - count;
}

static float *plain(Bin *bin, int64_t count)
{
    float *values = memory_array((size_t)count, sizeof *values);
    memcpy(values, take(bin, (size_t)count * 4), (size_t)count * 4);
    return values;
}

static float *tagged(Bin *bin, int64_t count)
{
    static const uint8_t TAG[4] = {0x47, 0x6b, 0x30, 0x01};
    CHECK(bin->at % 4 == 0);
    CHECK(memcmp(take(bin, 4), TAG, 4) == 0);
    const uint8_t *bytes = take(bin, (size_t)(count * 2 + 3) / 4 * 4);
    float *values = memory_array((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++)
        values[i] = from_half((uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8));
    return values;
}

static int integer(const RunLayer *l, int id)
{
    return (int)l->parameters[id];
}

static bool is(const RunLayer *l, const char *type)
{
    return strcmp(l->type, type) == 0;
}

static void read_weights(RunLayer *l, Bin *bin)
{
    if (is(l, "Convolution") || is(l, "ConvolutionDepthWise")) {
        l->weight_count = integer(l, 6);
        l->weights = tagged(bin, l->weight_count);
        l->bias_count = integer(l, 5) ? integer(l, 0) : 0;
    } else if (is(l, "PReLU") || is(l, "Scale") || is(l, "LayerNorm")) {
        l->weight_count = integer(l, 0);
        l->weights = plain(bin, l->weight_count);
        l->bias_count = is(l, "PReLU") ? 0 : l->weight_count;
    } else if (is(l, "GroupNorm")) {
        l->weight_count = l->bias_count = integer(l, 1);
        l->weights = plain(bin, l->weight_count);
    }
    if (l->bias_count)
        l->bias = plain(bin, l->bias_count);
}

static void read_line(RunLayer *l, char *line)
{
    int used = 0, step;
    REQUIRE(sscanf(line, "%31s %127s %d %d%n", l->type, l->name, &l->input_count, &l->output_count,
                   &used) == 4);
    REQUIRE(l->input_count <= RUN_MOST_BLOBS && l->output_count <= RUN_MOST_BLOBS);
    for (int i = 0; i < l->input_count; i++, used += step)
        REQUIRE(sscanf(line + used, "%159s%n", l->inputs[i], &step) == 1);
    for (int i = 0; i < l->output_count; i++, used += step)
        REQUIRE(sscanf(line + used, "%159s%n", l->outputs[i], &step) == 1);
    int id, length;
    for (char word[160]; sscanf(line + used, "%d=%159s%n", &id, word, &step) == 2; used += step) {
        bool list = id <= -23300;
        /* ncnn reads no more of a number, and tells reals from integers by these. */
        CHECK(strlen(word) <= 15);
        CHECK(!list || sscanf(word, "%d,%n", &length, &(int){0}) == 1);
        id = list ? -23300 - id : id;
        REQUIRE(id >= 0 && id < RUN_PARAMETERS);
        l->parameters[id] = atof(list ? strchr(word, ',') + 1 : word);
    }
    CHECK(line[used] == 0);
}

RunNet run_read(const char *param, const char *bin_path)
{
    size_t length;
    Bin bin = {0};
    char *text = (char *)file_read_whole(param, 1 << 24, &length), *rest = NULL;
    bin.bytes = file_read_whole(bin_path, 1 << 28, &bin.count);
    REQUIRE(text != NULL && bin.bytes != NULL);
    int layers = 0, blobs = 0, made = 0;
    REQUIRE(strcmp(strtok_r(text, "\n", &rest), "7767517") == 0);
    REQUIRE(sscanf(strtok_r(NULL, "\n", &rest), "%d %d", &layers, &blobs) == 2);
    REQUIRE(layers > 0 && layers < RUN_MOST_LAYERS);
    RunNet net = {memory_array((size_t)layers, sizeof *net.layers), 0, 0};
    for (char *line; (line = strtok_r(NULL, "\n", &rest)); net.count++) {
        REQUIRE(net.count < layers);
        read_line(&net.layers[net.count], line);
        read_weights(&net.layers[net.count], &bin);
        made += net.layers[net.count].output_count;
    }
    CHECK(net.count == layers && made == blobs);
    net.unread = bin.count - bin.at;
    free(text);
    free((void *)bin.bytes);
    return net;
}

void run_free(RunNet *net)
{
    for (int i = 0; i < net->count; i++) {
        free(net->layers[i].weights);
        free(net->layers[i].bias);
    }
    free(net->layers);
}

/* ---- Running -------------------------------------------------------------------------------- */

static RunBlob blob_new(int c, int h, int w)
{
    return (RunBlob){
        .c = c, .h = h, .w = w, .values = memory_array((size_t)(c * h * w), sizeof(float))};
}

static float *at(const RunBlob *b, int c, int y, int x)
{
    return &b->values[(c * b->h + y) * b->w + x];
}

/* What a convolution reads: zeros beyond the edge. */
static double reads(const RunBlob *b, int c, int y, int x)
{
    return y < 0 || x < 0 || y >= b->h || x >= b->w ? 0 : (double)*at(b, c, y, x);
}

static RunBlob convolve(const RunLayer *l, const RunBlob *a)
{
    int k = integer(l, 1), s = integer(l, 3) ? integer(l, 3) : 1, p = integer(l, 4);
    int groups = integer(l, 7) ? integer(l, 7) : 1, each = a->c / groups;
    RunBlob b = blob_new(integer(l, 0), (a->h + 2 * p - k) / s + 1, (a->w + 2 * p - k) / s + 1);
    for (int o = 0; o < b.c; o++)
        for (int y = 0; y < b.h; y++)
            for (int x = 0; x < b.w; x++) {
                double sum = l->bias ? (double)l->bias[o] : 0;
                for (int i = 0; i < each * k * k; i++)
                    sum += (double)l->weights[o * each * k * k + i] *
                           reads(a, o / (b.c / groups) * each + i / (k * k), y * s - p + i / k % k,
                                 x * s - p + i % k);
                *at(&b, o, y, x) = (float)sum;
            }
    return b;
}

/* (x - mean) / sqrt(variance + epsilon) of n values, each `step` apart. */
static void normalise(const float *from, float *to, int n, int step, double epsilon)
{
    double mean = 0, variance = 0;
    for (int i = 0; i < n; i++)
        mean += (double)from[i * step] / n;
    for (int i = 0; i < n; i++)
        variance += ((double)from[i * step] - mean) * ((double)from[i * step] - mean) / n;
    for (int i = 0; i < n; i++)
        to[i * step] = (float)(((double)from[i * step] - mean) / sqrt(variance + epsilon));
}

static RunBlob group_norm(const RunLayer *l, const RunBlob *a)
{
    RunBlob b = blob_new(a->c, a->h, a->w);
    int area = a->h * a->w, each = a->c / integer(l, 0) * area;
    for (int g = 0; g < integer(l, 0); g++)
        normalise(a->values + g * each, b.values + g * each, each, 1, l->parameters[2]);
    for (int i = 0; i < a->c * area; i++)
        b.values[i] = b.values[i] * l->weights[i / area] + l->bias[i / area];
    return b;
}

/* Along rows, which are as long as there are weights. */
static RunBlob layer_norm(const RunLayer *l, const RunBlob *a)
{
    RunBlob b = blob_new(a->c, a->h, a->w);
    CHECK(a->w == integer(l, 0));
    for (int i = 0; i < a->c * a->h; i++)
        normalise(a->values + i * a->w, b.values + i * a->w, a->w, 1, l->parameters[1]);
    for (int i = 0; i < a->c * a->h * a->w; i++)
        b.values[i] = b.values[i] * l->weights[i % a->w] + l->bias[i % a->w];
    return b;
}

/* Order 3 makes extents (w,h,c) into (c,w,h), order 4 into (h,c,w). */
static RunBlob permute(const RunLayer *l, const RunBlob *a)
{
    bool third = integer(l, 0) == 3;
    CHECK(third || integer(l, 0) == 4);
    RunBlob b = third ? blob_new(a->h, a->w, a->c) : blob_new(a->w, a->c, a->h);
    for (int c = 0; c < a->c; c++)
        for (int y = 0; y < a->h; y++)
            for (int x = 0; x < a->w; x++)
                *(third ? at(&b, y, x, c) : at(&b, x, c, y)) = *at(a, c, y, x);
    return b;
}

static double bent(const RunLayer *l, double x, int channel)
{
    if (is(l, "PReLU"))
        return x < 0 ? x * (double)l->weights[channel] : x;
    if (is(l, "ReLU"))
        return x < 0 ? x * l->parameters[0] : x;
    if (is(l, "Scale"))
        return x * (double)l->weights[channel] + (double)l->bias[channel];
    if (is(l, "Swish"))
        return x / (1 + exp(-x));
    if (is(l, "Sigmoid"))
        return 1 / (1 + exp(-x));
    if (is(l, "Mish"))
        return x * tanh(log1p(exp(x)));
    if (is(l, "GELU"))
        return 0.5 * x * erfc(-x / sqrt(2));
    CHECK(is(l, "BinaryOp") && integer(l, 1) == 1);
    return integer(l, 0) == 2 ? x * l->parameters[2] : x + l->parameters[2];
}

static RunBlob each_value(const RunLayer *l, const RunBlob *a)
{
    RunBlob b = blob_new(a->c, a->h, a->w);
    for (int i = 0; i < a->c * a->h * a->w; i++)
        b.values[i] = (float)bent(l, (double)a->values[i], i / (a->h * a->w));
    return b;
}

static RunBlob combine(const RunLayer *l, const RunBlob *a, const RunBlob *second)
{
    RunBlob b = blob_new(a->c, a->h, a->w);
    CHECK(a->c == second->c && a->h == second->h && a->w == second->w);
    for (int i = 0; i < a->c * a->h * a->w; i++)
        b.values[i] = integer(l, 0) == 2 ? a->values[i] * second->values[i]
                                         : a->values[i] + second->values[i];
    return b;
}

static RunBlob shuffle(const RunBlob *a, int f)
{
    RunBlob b = blob_new(a->c / (f * f), a->h * f, a->w * f);
    for (int c = 0; c < b.c; c++)
        for (int y = 0; y < b.h; y++)
            for (int x = 0; x < b.w; x++)
                *at(&b, c, y, x) = *at(a, c * f * f + y % f * f + x % f, y / f, x / f);
    return b;
}

static RunBlob unshuffle(const RunBlob *a, int f)
{
    RunBlob b = blob_new(a->c * f * f, a->h / f, a->w / f);
    for (int c = 0; c < b.c; c++)
        for (int y = 0; y < b.h; y++)
            for (int x = 0; x < b.w; x++)
                *at(&b, c, y, x) = *at(a, c / (f * f), y * f + c / f % f, x * f + c % f);
    return b;
}

/* Nearest; bilinear with pixels' centres at halves. */
static RunBlob enlarge(const RunLayer *l, const RunBlob *a)
{
    int f = integer(l, 1);
    bool nearest = integer(l, 0) == 1;
    RunBlob b = blob_new(a->c, a->h * f, a->w * f);
    for (int i = 0; i < b.c * b.h * b.w; i++) {
        int c = i / (b.h * b.w), y = i / b.w % b.h, x = i % b.w;
        double v = fmin(fmax((y + 0.5) / f - 0.5, 0), a->h - 1);
        double u = fmin(fmax((x + 0.5) / f - 0.5, 0), a->w - 1);
        int top = (int)v, left = (int)u, below = top + (top < a->h - 1),
            right = left + (left < a->w - 1);
        double upper = (double)*at(a, c, top, left) * (1 - u + left) +
                       (double)*at(a, c, top, right) * (u - left);
        double lower = (double)*at(a, c, below, left) * (1 - u + left) +
                       (double)*at(a, c, below, right) * (u - left);
        b.values[i] =
            nearest ? *at(a, c, y / f, x / f) : (float)(upper * (1 - v + top) + lower * (v - top));
    }
    return b;
}

static RunBlob channels_of(const RunBlob *a, int first, int end)
{
    RunBlob b = blob_new(end - first, a->h, a->w);
    memcpy(b.values, at(a, first, 0, 0), (size_t)(b.c * b.h * b.w) * sizeof(float));
    return b;
}

static RunBlob join(const RunBlob *const *parts, int count)
{
    int c = 0;
    for (int i = 0; i < count; i++)
        c += parts[i]->c;
    RunBlob b = blob_new(c, parts[0]->h, parts[0]->w);
    float *to = b.values;
    for (int i = 0; i < count; i++) {
        int values = parts[i]->c * b.h * b.w;
        memcpy(to, parts[i]->values, (size_t)values * sizeof *to);
        to += values;
    }
    return b;
}

static RunBlob run_layer(const RunLayer *l, const RunBlob *const *inputs)
{
    const RunBlob *a = inputs[0];
    if (is(l, "Convolution") || is(l, "ConvolutionDepthWise"))
        return convolve(l, a);
    if (is(l, "PixelShuffle"))
        return shuffle(a, integer(l, 0));
    if (is(l, "Reorg"))
        return unshuffle(a, integer(l, 0));
    if (is(l, "Interp"))
        return enlarge(l, a);
    if (is(l, "Concat"))
        return join(inputs, l->input_count);
    if (is(l, "Crop"))
        return channels_of(a, integer(l, 9), integer(l, 10));
    if (is(l, "GroupNorm"))
        return group_norm(l, a);
    if (is(l, "LayerNorm"))
        return layer_norm(l, a);
    if (is(l, "Permute"))
        return permute(l, a);
    if (is(l, "Split"))
        return channels_of(a, 0, a->c);
    return l->input_count == 2 ? combine(l, a, inputs[1]) : each_value(l, a);
}

/* A blob that no layer has read yet. */
static RunBlob *find(RunBlob *blobs, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (blobs[i].values && strcmp(blobs[i].name, name) == 0)
            return &blobs[i];
    return NULL;
}

RunBlob run_net(const RunNet *net, int c, int h, int w, const float *values)
{
    RunBlob blobs[RUN_MOST_LAYERS * 2] = {blob_new(c, h, w)};
    int count = 1;
    strcpy(blobs[0].name, "data");
    memcpy(blobs[0].values, values, (size_t)(c * h * w) * sizeof *values);
    CHECK(is(&net->layers[0], "Input") && strcmp(net->layers[0].outputs[0], "data") == 0);
    for (int i = 1; i < net->count; i++) {
        const RunLayer *l = &net->layers[i];
        RunBlob *inputs[RUN_MOST_BLOBS];
        for (int k = 0; k < l->input_count; k++)
            REQUIRE((inputs[k] = find(blobs, count, l->inputs[k])) != NULL);
        for (int k = 0; k < l->output_count; k++) {
            blobs[count] = run_layer(l, (const RunBlob *const *)inputs);
            strcpy(blobs[count++].name, l->outputs[k]);
        }
        /* ncnn lets go of a blob with its one reader. */
        for (int k = 0; k < l->input_count; k++) {
            free(inputs[k]->values);
            inputs[k]->values = NULL;
        }
    }
    RunBlob *output = find(blobs, count, "output"), result = {0};
    REQUIRE(output != NULL);
    result = *output;
    for (int i = 0; i < count; i++)
        CHECK(&blobs[i] == output || !blobs[i].values);
    return result;
}
