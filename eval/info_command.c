#include "eval/info_command.h"

#include <stdio.h>
#include <string.h>

#include "core/command.h"
#include "core/error.h"
#include "core/json.h"
#include "data/hdf5_describe.h"
#include "nets/cost.h"
#include "nets/model.h"
#include "nets/onnx/file.h"
#include "nets/onnx/interface.h"
#include "nets/speed.h"

typedef struct InfoOptions {
    Extent input;
    bool keys;
    char *network;
    int64_t scale, batch;
    bool bench;
    int precision; /* of PRECISION_CHOICES */
} InfoOptions;

#define PRECISION_CHOICES "auto|bf16|fp32"

static const Field OPTIONS[] = {{.name = "input",
                                 .kind = FIELD_EXTENT,
                                 .offset = offsetof(InfoOptions, input),
                                 .fallback = "64x64",
                                 .min = 1,
                                 .max = 16384,
                                 .help = "input size that the costs are for"},
                                {.name = "keys",
                                 .kind = FIELD_FLAG,
                                 .offset = offsetof(InfoOptions, keys),
                                 .help = "list every array of a weights file with its shape"},
                                {.name = "network",
                                 .kind = FIELD_STRING,
                                 .offset = offsetof(InfoOptions, network),
                                 .argument = "JSON",
                                 .help = "show this network, as a config's \"generator\" or "
                                         "\"discriminator\" names it"},
                                {.name = "scale",
                                 .kind = FIELD_INTEGER,
                                 .offset = offsetof(InfoOptions, scale),
                                 .fallback = "4",
                                 .min = 1,
                                 .max = 16,
                                 .help = "what the network of --network enlarges by"},
                                {.name = "bench",
                                 .kind = FIELD_FLAG,
                                 .offset = offsetof(InfoOptions, bench),
                                 .help = "measure every layer's speed on this machine"},
                                {.name = "batch",
                                 .kind = FIELD_INTEGER,
                                 .offset = offsetof(InfoOptions, batch),
                                 .fallback = "1",
                                 .min = 1,
                                 .max = 4096,
                                 .help = "pictures at once that --bench measures with"},
                                {.name = "precision",
                                 .kind = FIELD_CHOICE,
                                 .offset = offsetof(InfoOptions, precision),
                                 .fallback = "auto",
                                 .choices = PRECISION_CHOICES,
                                 .help = "that --bench measures in; auto: the faster one"},
                                {0}};

static const Command INFO = {
    .name = "info",
    .summary = "show what is in a model, pair store, checkpoint or weights file, or what a network "
               "is made of",
    .synopsis = "[--input=WxH] [--keys] [--bench] FILE... | --network=JSON [--scale=N]",
    .example = "unmush info model.safetensors\n"
               "  unmush info --network='{\"type\":\"rrdb\",\"blocks\":6}' --scale=2\n"
               "  unmush info --bench --input=32x32 --batch=8 --network=srvgg",
    .notes =
        "A network is shown as a table: layers, what they give, parameters, millions of\n"
        "multiply-adds, receptive field. Its name does for JSON: srvgg, rrdb, edsr, msrresnet,\n"
        "span, realplksr, swinir; of discriminators unet, patch, vgg (--input=128x128).\n"
        "configs/README.md explains the keys of each.\n"
        "--bench runs it on made-up pictures, without and with gradients, and shows what every\n"
        "layer takes and its share of what this machine's processors multiply and add at most in\n"
        "fp32. Winograd's convolutions multiply less than is counted, and bf16 more at once: they\n"
        "may exceed it.",
    .options = OPTIONS,
    .least = 0,
    .most = -1};

static void print_texts(const Weights *weights)
{
    for (int i = 0; i < weights->text_count; i++) {
        const char *value = weights->texts[i].value;
        printf("  %s: %.300s%s\n", weights->texts[i].key, value, strlen(value) > 300 ? "..." : "");
    }
}

static void print_keys(const Weights *weights)
{
    for (int i = 0; i < weights->count; i++) {
        const Weight *w = &weights->items[i];
        printf("  %s [", w->key);
        for (int k = 0; k < w->rank; k++)
            printf("%s%lld", k ? "," : "", (long long)w->shape[k]);
        printf("]\n");
    }
}

static int print_graph(const Specification *s, const Graph *g, const InfoOptions *o)
{
    printf("  %s", s->architecture->title);
    if (s->architecture->kind == KIND_GENERATOR)
        printf(", enlarges by %d", s->scale);
    printf("\n");
    if (cost_print_table(g, o->input.h, o->input.w, stdout) != 0 || !o->bench)
        return error_pending() ? -1 : 0;
    Precision precision = o->precision == 0   ? network_fast_precision()
                          : o->precision == 1 ? PRECISION_BF16
                                              : PRECISION_FP32;
    SpeedForm form = {precision, o->batch, o->input.h, o->input.w};
    return speed_print_table(g, &form, stdout);
}

static int print_network(const Specification *s, const InfoOptions *o)
{
    Graph *g = specification_build(s);
    int result = g ? print_graph(s, g, o) : -1;
    graph_free(g);
    return result;
}

static void print_arrays(const Weights *weights, const InfoOptions *o)
{
    int64_t values = 0;
    for (int i = 0; i < weights->count; i++)
        values += weights->items[i].count;
    printf("%d arrays, %lld values\n", weights->count, (long long)values);
    print_texts(weights);
    if (o->keys)
        print_keys(weights);
}

/* An extent that the file fixes, or what it may be. */
static const char *extent_text(char *text, size_t size, int extent)
{
    snprintf(text, size, extent ? "%d" : "any", extent);
    return text;
}

static int print_onnx(const char *path, const InfoOptions *o)
{
    OnnxInterface interface;
    char w[16], h[16];
    int result = onnx_interface_read(path, &interface);
    if (result == 0)
        printf("%s: ONNX, opset %d%s%s, input \"%s\" of %d channels, width %s, height %s%s\n", path,
               interface.opset, *interface.producer ? ", by " : "", interface.producer,
               interface.input, interface.channels, extent_text(w, sizeof w, interface.width),
               extent_text(h, sizeof h, interface.height), interface.half ? ", float16" : "");
    onnx_interface_free(&interface);
    Model *model = result == 0 ? model_read(path) : NULL;
    if (result == 0 && !model) {
        printf("  no network that is read here: %s\n", error_message());
        error_clear();
    }
    if (model) {
        printf("  ");
        print_arrays(model->weights, o);
        result = print_graph(&model->specification, model->graph, o);
    }
    model_free(model);
    return result;
}

static int print_weights(const char *path, const InfoOptions *o)
{
    Weights *weights = weights_read(path);
    if (!weights)
        return -1;
    printf("%s: ", path);
    print_arrays(weights, o);
    Specification s;
    int result = 0;
    if (model_recognise(weights, path, &s) == 0) {
        result = print_network(&s, o);
    } else {
        printf("  no network known here: %s\n", error_message());
        error_clear();
    }
    specification_free(&s);
    weights_free(weights);
    return result;
}

static int print_file(const char *path, const InfoOptions *o)
{
    if (!hdf5_is_file(path))
        return onnx_file_is(path) ? print_onnx(path, o) : print_weights(path, o);
    printf("%s: HDF5\n", path);
    return hdf5_describe(path, stdout);
}

/* --network='{"type":"rrdb","blocks":6}'; a name alone will do. */
static int print_named(const InfoOptions *o)
{
    cJSON *object;
    if (*o->network == '{') {
        object = json_parse(o->network, strlen(o->network), "--network");
    } else {
        object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "type", o->network);
    }
    Specification s = {0};
    int result =
        object ? specification_parse(&s, object, KIND_ANY, (int)o->scale, "--network") : -1;
    if (result == 0)
        result = print_network(&s, o);
    specification_free(&s);
    cJSON_Delete(object);
    return result;
}

static int print_all(const InfoOptions *o, const StringList *files)
{
    if (!o->network && files->count == 0)
        return error_set(ERROR_USAGE, "info: which FILE? (or --network=NAME)");
    int result = o->network ? print_named(o) : 0;
    for (int i = 0; result == 0 && i < files->count; i++)
        result = print_file(files->items[i], o);
    return result;
}

int info_command(int argc, char **argv)
{
    InfoOptions options;
    StringList arguments;
    Parsed parsed = command_parse(&INFO, &options, &arguments, argc, argv);
    int result = parsed == PARSED_ERROR ? -1 : 0;
    if (parsed == PARSED_RUN)
        result = print_all(&options, &arguments);
    command_free(&INFO, &options, &arguments);
    return result;
}
