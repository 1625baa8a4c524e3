/* metrics.json, metrics.csv and the table on standard output. */
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

static cJSON *values_json(const Results *r, int method, int picture)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "image", r->set->names[picture]);
    for (Metric m = 0; m < METRIC_COUNT; m++)
        if (r->measured[m])
            cJSON_AddItemToObject(row, METRICS[m].name,
                                  json_number(results_values(r, method, picture)[m]));
    return row;
}

static void add_means(const Results *r, int method, cJSON *object)
{
    cJSON *mean = cJSON_AddObjectToObject(object, "mean");
    cJSON *undefined = cJSON_AddObjectToObject(object, "undefined");
    for (Metric m = 0; m < METRIC_COUNT; m++) {
        int missing = 0;
        if (!r->measured[m])
            continue;
        cJSON_AddItemToObject(mean, METRICS[m].name,
                              json_number(results_mean(r, method, m, &missing)));
        if (missing > 0)
            cJSON_AddNumberToObject(undefined, METRICS[m].name, missing);
    }
}

static int add_source(const Method *method, cJSON *object)
{
    enum { LARGEST_MODEL = 1 << 30 };
    cJSON_AddStringToObject(object, "kind", method->kind);
    if (!method->source)
        return 0;
    cJSON_AddStringToObject(object, "source", method->source);
    if (file_is_directory(method->source))
        return 0;
    size_t count;
    uint8_t *bytes = file_read_whole(method->source, LARGEST_MODEL, &count);
    if (!bytes)
        return -1;
    uint64_t digest[4];
    char text[65];
    sha256(bytes, count, digest);
    sha256_text(digest, text);
    free(bytes);
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
    cJSON *rows = cJSON_AddArrayToObject(object, "per_image");
    for (int i = 0; i < r->set->count; i++)
        cJSON_AddItemToArray(rows, values_json(r, method, i));
    return 0;
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
        if (suspicion_explain(&r->suspicions[i], SUSPECT_TRUTH, reasons, sizeof reasons) > 0)
            cJSON_AddStringToObject(image, "warning", reasons);
        cJSON_AddItemToArray(images, image);
    }
}

cJSON *results_json(const Results *r)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "version", UNMUSH_VERSION);
    cJSON_AddNumberToObject(root, "scale", r->scale);
    cJSON_AddNumberToObject(root, "crop", r->crop);
    cJSON_AddStringToObject(root, "hr", r->hr);
    if (r->lr)
        cJSON_AddStringToObject(root, "lr", r->lr);
    else
        cJSON_AddStringToObject(root, "degradation", degradation_name(r->set->degradation));
    cJSON_AddStringToObject(root, "protocol", PROTOCOL);
    add_pictures(r, root);
    cJSON *methods = cJSON_AddArrayToObject(root, "methods");
    for (int k = 0; k < r->methods->count; k++)
        if (add_method(r, k, methods) != 0) {
            cJSON_Delete(root);
            return NULL;
        }
    return root;
}

/* RFC 4180: quoted where it must be. */
static void print_cell(FILE *stream, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (const char *c = text; *c; c++)
        fprintf(stream, "%s%c", *c == '"' ? "\"" : "", *c);
    fputc('"', stream);
}

static void print_row(const Results *r, int method, int picture, FILE *stream)
{
    print_cell(stream, r->methods->items[method].name);
    fputc(',', stream);
    print_cell(stream, picture < 0 ? "mean" : r->set->names[picture]);
    for (Metric m = 0; m < METRIC_COUNT; m++) {
        if (!r->measured[m])
            continue;
        double value =
            picture < 0 ? results_mean(r, method, m, NULL) : results_values(r, method, picture)[m];
        fputc(',', stream);
        if (!isnan(value))
            fprintf(stream, "%.9g", value);
    }
    fputc('\n', stream);
}

int results_write_csv(const Results *r, const char *path)
{
    FileWriter *writer = file_begin(path);
    if (!writer)
        return -1;
    FILE *stream = file_stream(writer);
    fputs("method,image", stream);
    for (Metric m = 0; m < METRIC_COUNT; m++)
        if (r->measured[m])
            fprintf(stream, ",%s", METRICS[m].name);
    fputc('\n', stream);
    for (int k = 0; k < r->methods->count; k++)
        for (int i = 0; i < r->set->count; i++)
            print_row(r, k, i, stream);
    for (int k = 0; k < r->methods->count; k++)
        print_row(r, k, -1, stream);
    return file_commit(writer);
}

void results_print(const Results *r, FILE *stream)
{
    static const Metric SHOWN[] = {METRIC_PSNR_Y,       METRIC_SSIM_Y,     METRIC_DETAIL_ENERGY,
                                   METRIC_SMOOTHING,    METRIC_SHARPENING, METRIC_HALLUCINATION,
                                   METRIC_CONSISTENCY,  METRIC_LPIPS_ALEX, METRIC_LPIPS_VGG,
                                   METRIC_LPIPS_SQUEEZE};
    enum { COLUMNS = sizeof SHOWN / sizeof *SHOWN };
    int name = (int)strlen("method");
    for (int k = 0; k < r->methods->count; k++)
        if ((int)strlen(r->methods->items[k].name) > name)
            name = (int)strlen(r->methods->items[k].name);
    fprintf(stream, "%-*s", name, "method");
    for (int c = 0; c < COLUMNS; c++)
        if (r->measured[SHOWN[c]])
            fprintf(stream, "  %s", METRICS[SHOWN[c]].name);
    for (int k = 0; k < r->methods->count; k++) {
        fprintf(stream, "\n%-*s", name, r->methods->items[k].name);
        for (int c = 0; c < COLUMNS; c++) {
            Metric m = SHOWN[c];
            double value = results_mean(r, k, m, NULL);
            int width = (int)strlen(METRICS[m].name);
            if (r->measured[m] && isnan(value))
                fprintf(stream, "  %*s", width, "-");
            else if (r->measured[m])
                fprintf(stream, "  %*.*f", width, METRICS[m].decimals, value);
        }
    }
    fputc('\n', stream);
}
