/* metrics.json. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/sha256.h"
#include "eval/results.h"

static const char PROTOCOL[] =
    "Truth cropped at the top left to multiples of the scale; LR and SR are 8 bits; Y of BT.601, "
    "not rounded; `crop` pixels dropped on each side after filtering; values are means of "
    "per-picture values, null where undefined. Formulas: METRICS.md.";

static const char WEAKER[] =
    "Without truth: what can be said from the input alone is weaker evidence, and none of it tells "
    "whether detail is right. LR and SR are 8 bits; Y of BT.601, not rounded; `crop` pixels "
    "dropped on "
    "each side after filtering; values are means of per-picture values, null where undefined.";

/* What is told of each class of content. */
static cJSON *class_values(const Results *r, const double values[CONTENT_CLASSES][METRIC_COUNT])
{
    cJSON *classes = cJSON_CreateObject();
    for (ContentClass c = 0; c < CONTENT_CLASSES; c++) {
        cJSON *object = cJSON_AddObjectToObject(classes, CONTENT_NAMES[c]);
        for (Metric m = 0; m < METRIC_COUNT; m++)
            if (METRICS[m].by_class && r->measured[m])
                cJSON_AddItemToObject(object, METRICS[m].name, json_number(values[c][m]));
    }
    return classes;
}

static cJSON *picture_json(const Results *r, int method, int picture)
{
    const Measurement *measurement = results_at(r, method, picture);
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "image", r->set->names[picture]);
    for (Metric m = 0; m < METRIC_COUNT; m++)
        if (r->measured[m])
            cJSON_AddItemToObject(row, METRICS[m].name, json_number(measurement->values[m]));
    if (measurement->values[METRIC_SHIFT] > 0) {
        cJSON_AddNumberToObject(row, "shift_x", measurement->shift_x);
        cJSON_AddNumberToObject(row, "shift_y", measurement->shift_y);
    }
    if (!r->set->input_only)
        cJSON_AddItemToObject(row, "by_class", class_values(r, measurement->by_class));
    return row;
}

static cJSON *interval_json(Interval interval)
{
    return json_range(interval.low, interval.high);
}

static void add_means(const Results *r, int method, cJSON *object)
{
    cJSON *mean = cJSON_AddObjectToObject(object, "mean");
    cJSON *interval = cJSON_AddObjectToObject(object, "interval");
    cJSON *undefined = cJSON_AddObjectToObject(object, "undefined");
    for (Metric m = 0; m < METRIC_COUNT; m++) {
        int missing = 0;
        if (!r->measured[m])
            continue;
        cJSON_AddItemToObject(mean, METRICS[m].name,
                              json_number(results_mean(r, method, m, &missing)));
        cJSON_AddItemToObject(interval, METRICS[m].name,
                              interval_json(results_interval(r, method, m)));
        if (missing > 0)
            cJSON_AddNumberToObject(undefined, METRICS[m].name, missing);
    }
}

static void add_class_means(const Results *r, int method, cJSON *object)
{
    double means[CONTENT_CLASSES][METRIC_COUNT];
    for (ContentClass c = 0; c < CONTENT_CLASSES; c++)
        for (Metric m = 0; m < METRIC_COUNT; m++)
            means[c][m] = results_class_mean(r, method, c, m, NULL);
    cJSON_AddItemToObject(object, "by_class", class_values(r, means));
}

static void add_curve(cJSON *object, const char *name, const double values[SPECTRA_BANDS])
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (int k = 0; k < SPECTRA_BANDS; k++)
        cJSON_AddItemToArray(array, json_number(values[k]));
}

static void add_spectra(const Results *r, int method, cJSON *object)
{
    double power[SPECTRA_BANDS], coherence[SPECTRA_BANDS];
    cJSON *spectra = cJSON_AddObjectToObject(object, "spectra");
    results_spectra(r, method, power, coherence);
    add_curve(spectra, "power_ratio", power);
    add_curve(spectra, "coherence", coherence);
}

static int add_source(const Method *method, cJSON *object)
{
    uint64_t digest[4];
    char text[65];
    cJSON_AddStringToObject(object, "kind", method->kind);
    if (strcmp(method->kind, "blend") == 0)
        cJSON_AddNumberToObject(object, "alpha", method->alpha);
    if (method->source)
        cJSON_AddStringToObject(object, "source", method->source);
    if (method->engine)
        cJSON_AddStringToObject(object, "engine", method->engine);
    if (!method->source || !file_exists(method->source) || file_is_directory(method->source))
        return 0;
    if (sha256_file(method->source, digest) != 0)
        return -1;
    sha256_text(digest, text);
    cJSON_AddStringToObject(object, "sha256", text);
    return 0;
}

static int add_method(const Results *r, int method, cJSON *methods)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToArray(methods, object);
    cJSON_AddStringToObject(object, "name", r->methods->items[method].name);
    if (add_source(&r->methods->items[method], object) != 0)
        return -1;
    add_means(r, method, object);
    if (!r->set->input_only) {
        add_class_means(r, method, object);
        add_spectra(r, method, object);
    }
    cJSON *rows = cJSON_AddArrayToObject(object, "per_image");
    for (int i = 0; i < r->set->count; i++)
        cJSON_AddItemToArray(rows, picture_json(r, method, i));
    return 0;
}

static void add_pair(const Results *r, int a, int b, cJSON *pairs)
{
    cJSON *pair = cJSON_CreateObject();
    cJSON_AddItemToArray(pairs, pair);
    cJSON_AddStringToObject(pair, "a", r->methods->items[a].name);
    cJSON_AddStringToObject(pair, "b", r->methods->items[b].name);
    for (Metric m = 0; m < METRIC_COUNT; m++) {
        if (!r->measured[m])
            continue;
        Paired paired = results_paired(r, a, b, m);
        cJSON *object = cJSON_AddObjectToObject(pair, METRICS[m].name);
        cJSON_AddItemToObject(object, "difference", json_number(paired.difference));
        cJSON_AddItemToObject(object, "interval", interval_json(paired.interval));
        cJSON_AddItemToObject(object, "greater", json_number(paired.wins));
        cJSON_AddNumberToObject(object, "pictures", paired.pictures);
    }
}

/* Every method against those before it. */
static void add_pairs(const Results *r, cJSON *root)
{
    cJSON *pairs = cJSON_AddArrayToObject(root, "paired");
    for (int b = 1; b < r->methods->count; b++)
        for (int a = 0; a < b; a++)
            add_pair(r, a, b, pairs);
}

/* The set by name, and by one hash over those of its pictures' files. */
static void add_set(const Results *r, cJSON *root)
{
    uint64_t digest[4];
    char text[65];
    size_t bytes = (size_t)r->set->count * sizeof *r->digests;
    sha256((const uint8_t *)r->digests, bytes, digest);
    sha256_text(digest, text);
    cJSON *set = cJSON_AddObjectToObject(root, "set");
    cJSON_AddStringToObject(set, "name", file_name(r->hr ? r->hr : r->lr));
    cJSON_AddNumberToObject(set, "pictures", r->set->count);
    cJSON_AddStringToObject(set, "sha256", text);
}

static void add_frequencies(cJSON *root)
{
    double frequencies[SPECTRA_BANDS];
    for (int k = 0; k < SPECTRA_BANDS; k++)
        frequencies[k] = (k + 1.0) / SPECTRA_BANDS;
    add_curve(root, "frequencies", frequencies);
}

static void add_pictures(const Results *r, cJSON *root)
{
    cJSON *images = cJSON_AddArrayToObject(root, "images");
    for (int i = 0; i < r->set->count; i++) {
        char text[65];
        cJSON *image = cJSON_CreateObject();
        cJSON_AddStringToObject(image, "file", r->set->names[i]);
        cJSON_AddNumberToObject(image, "width", r->set->widths[i]);
        cJSON_AddNumberToObject(image, "height", r->set->heights[i]);
        sha256_text(r->digests[i], text);
        cJSON_AddStringToObject(image, "sha256", text);
        char reasons[SUSPICION_BYTES] = "";
        if (suspicion_explain(&r->suspicions[i], results_use(r), reasons, sizeof reasons) > 0)
            cJSON_AddStringToObject(image, "warning", reasons);
        cJSON *content = r->set->input_only ? NULL : cJSON_AddObjectToObject(image, "content");
        for (ContentClass c = 0; content && c < CONTENT_CLASSES; c++)
            cJSON_AddNumberToObject(content, CONTENT_NAMES[c], r->shares[i][c]);
        cJSON_AddItemToArray(images, image);
    }
}

cJSON *results_json(const Results *r)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "version", UNMUSH_VERSION);
    cJSON_AddNumberToObject(root, "scale", r->scale);
    cJSON_AddNumberToObject(root, "crop", r->crop);
    if (r->hr)
        cJSON_AddStringToObject(root, "hr", r->hr);
    if (r->lr)
        cJSON_AddStringToObject(root, "lr", r->lr);
    else
        cJSON_AddStringToObject(root, "degradation", degradation_name(r->set->degradation));
    cJSON_AddStringToObject(root, "evidence", r->set->input_only ? "input alone: weaker" : "truth");
    cJSON_AddStringToObject(root, "protocol", r->set->input_only ? WEAKER : PROTOCOL);
    add_set(r, root);
    add_pictures(r, root);
    if (!r->set->input_only)
        add_frequencies(root);
    cJSON *methods = cJSON_AddArrayToObject(root, "methods");
    for (int k = 0; k < r->methods->count; k++)
        if (add_method(r, k, methods) != 0) {
            cJSON_Delete(root);
            return NULL;
        }
    add_pairs(r, root);
    return root;
}
