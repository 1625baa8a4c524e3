#include "eval/info_command.h"

#include <stdio.h>
#include <string.h>

#include "core/command.h"
#include "core/error.h"
#include "core/json.h"
#include "data/hdf5_describe.h"
#include "nets/cost.h"
#include "nets/model.h"

typedef struct InfoOptions {
    Extent input;
    bool keys;
    char *network;
    int64_t scale;
} InfoOptions;

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
                                {0}};

static const Command INFO = {
    .name = "info",
    .summary = "show what is in a model, pair store, checkpoint or weights file, or what a network "
               "is made of",
    .synopsis = "[--input=WxH] [--keys] FILE... | --network=JSON [--scale=N]",
    .example = "unmush info model.safetensors\n"
               "  unmush info --network='{\"type\":\"rrdb\",\"blocks\":6}' --scale=2",
    .notes =
        "A network is shown as a table: layers, what they give, parameters, millions of\n"
        "multiply-adds, receptive field. Its name does for JSON: srvgg, rrdb, edsr, msrresnet,\n"
        "span, realplksr, swinir; of discriminators unet, patch, vgg (--input=128x128).\n"
        "configs/README.md explains the keys of each.",
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

static int print_network(const Specification *s, const InfoOptions *o)
{
    Graph *g = specification_build(s);
    if (!g)
        return -1;
    printf("  %s", s->architecture->title);
    if (s->architecture->kind == KIND_GENERATOR)
        printf(", enlarges by %d", s->scale);
    printf("\n");
    int result = cost_print_table(g, o->input.h, o->input.w, stdout);
    graph_free(g);
    return result;
}

static int print_weights(const char *path, const InfoOptions *o)
{
    Weights *weights = weights_read(path);
    if (!weights)
        return -1;
    int64_t values = 0;
    for (int i = 0; i < weights->count; i++)
        values += weights->items[i].count;
    printf("%s: %d arrays, %lld values\n", path, weights->count, (long long)values);
    print_texts(weights);
    if (o->keys)
        print_keys(weights);
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
        return print_weights(path, o);
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
