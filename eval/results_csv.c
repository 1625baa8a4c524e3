/* metrics.csv and classes.csv. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/file.h"
#include "eval/results.h"

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

/* Empty where undefined. */
static void print_value(double value, FILE *stream)
{
    fputc(',', stream);
    if (!isnan(value))
        fprintf(stream, "%.9g", value);
}

static void print_row(const Results *r, int method, int picture, FILE *stream)
{
    print_cell(stream, r->methods->items[method].name);
    fputc(',', stream);
    print_cell(stream, picture < 0 ? "mean" : r->set->names[picture]);
    for (Metric m = 0; m < METRIC_COUNT; m++) {
        if (!r->measured[m])
            continue;
        print_value(picture < 0 ? results_mean(r, method, m, NULL)
                                : results_values(r, method, picture)[m],
                    stream);
    }
    fputc('\n', stream);
}

static void print_head(const Results *r, bool by_class, FILE *stream)
{
    for (Metric m = 0; m < METRIC_COUNT; m++)
        if (r->measured[m] && (METRICS[m].by_class || !by_class))
            fprintf(stream, ",%s", METRICS[m].name);
    fputc('\n', stream);
}

int results_write_csv(const Results *r, const char *path)
{
    FileWriter *writer = file_begin(path);
    if (!writer)
        return -1;
    FILE *stream = file_stream(writer);
    fputs("method,image", stream);
    print_head(r, false, stream);
    for (int k = 0; k < r->methods->count; k++)
        for (int i = 0; i < r->set->count; i++)
            print_row(r, k, i, stream);
    for (int k = 0; k < r->methods->count; k++)
        print_row(r, k, -1, stream);
    return file_commit(writer);
}

/* One class of one picture, or of the mean where picture is -1. */
static void print_class(const Results *r, int method, int picture, ContentClass c, FILE *stream)
{
    print_cell(stream, r->methods->items[method].name);
    fputc(',', stream);
    print_cell(stream, picture < 0 ? "mean" : r->set->names[picture]);
    fprintf(stream, ",%s,%.9g", CONTENT_NAMES[c], results_share(r, picture, c));
    for (Metric m = 0; m < METRIC_COUNT; m++)
        if (r->measured[m] && METRICS[m].by_class)
            print_value(picture < 0 ? results_class_mean(r, method, c, m, NULL)
                                    : results_at(r, method, picture)->by_class[c][m],
                        stream);
    fputc('\n', stream);
}

int results_write_classes(const Results *r, const char *path)
{
    FileWriter *writer = file_begin(path);
    if (!writer)
        return -1;
    FILE *stream = file_stream(writer);
    fputs("method,image,class,share", stream);
    print_head(r, true, stream);
    for (int k = 0; k < r->methods->count; k++)
        for (int i = 0; i <= r->set->count; i++)
            for (ContentClass c = 0; c < CONTENT_CLASSES; c++)
                print_class(r, k, i < r->set->count ? i : -1, c, stream);
    return file_commit(writer);
}
