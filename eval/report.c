#include "eval/report.h"

#include <math.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "eval/report_parts.h"

extern const char REPORT_TEMPLATE[]; /* report.html, embedded by the build */

void html_text(FILE *stream, const char *text)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '&':
            fputs("&amp;", stream);
            break;
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        case '\'':
            fputs("&#39;", stream);
            break;
        default:
            fputc(*c, stream);
        }
    }
}

void html_number(FILE *stream, Metric metric, double value)
{
    if (isnan(value))
        fputs("&ndash;", stream);
    else
        fprintf(stream, "%.*f", METRICS[metric].decimals, value);
}

static void print_title(FILE *stream, const Results *r)
{
    fprintf(stream, "%d upscaler%s at &times;%d on %d picture%s", r->methods->count,
            r->methods->count == 1 ? "" : "s", r->scale, r->set->count,
            r->set->count == 1 ? "" : "s");
}

static void print_percent(FILE *stream, double value)
{
    if (isnan(value))
        fputs("an undefined share", stream);
    else
        fprintf(stream, "<b>%.0f&#8239;%%</b>", 100 * value);
}

static void print_sentence(FILE *stream, const Results *r, int k)
{
    const Method *method = &r->methods->items[k];
    double sharpening = results_mean(r, k, METRIC_SHARPENING, NULL);
    double consistency = results_mean(r, k, METRIC_CONSISTENCY, NULL);
    fprintf(stream, "<li class=\"%s\"><b class=\"name\">", method->kind);
    html_text(stream, method->name);
    fputs("</b> recovers ", stream);
    print_percent(stream, results_mean(r, k, METRIC_RECOVERED, NULL));
    fputs(" of the detail its input lost. What it leaves smooth has ", stream);
    print_percent(stream, results_mean(r, k, METRIC_SMOOTHING, NULL));
    fputs(" of the true detail&rsquo;s strength, what it makes up ", stream);
    print_percent(stream, results_mean(r, k, METRIC_HALLUCINATION, NULL));
    if (sharpening >= 0.05) {
        fputs(", what it overdoes ", stream);
        print_percent(stream, sharpening);
    }
    if (isnan(consistency))
        fputs(".</li>\n", stream);
    else
        fprintf(stream, ". Shrunk again, it agrees with the truth to %.1f&nbsp;dB.</li>\n",
                consistency);
}

/* Models and other programs' pictures first, the baselines they are compared with after. */
static void print_sentences(FILE *stream, const Results *r)
{
    for (int baselines = 0; baselines <= 1; baselines++)
        for (int k = 0; k < r->methods->count; k++)
            if ((strcmp(r->methods->items[k].kind, "baseline") == 0) == baselines)
                print_sentence(stream, r, k);
}

static void print_inputs(FILE *stream, const Results *r)
{
    fputs("Truth: ", stream);
    html_text(stream, r->hr);
    fputs(r->lr ? ". Inputs: " : ". Inputs: made from the truth by ", stream);
    html_text(stream, r->lr ? r->lr : degradation_name(r->set->degradation));
    fprintf(stream, ". Scale %d, border of %d pixels dropped. unmush %s.", r->scale, r->crop,
            UNMUSH_VERSION);
}

static int fill(FILE *stream, const char *name, size_t length, const Results *r,
                const Strips *strips)
{
    static const struct {
        const char *name;
        void (*print)(FILE *stream, const Results *results);
    } PARTS[] = {{"title", print_title},   {"sentences", print_sentences},
                 {"plane", report_plane},  {"means", report_means},
                 {"inputs", print_inputs}, {"pictures", report_pictures}};
    if (strncmp(name, "strips", length) == 0)
        return report_strips(stream, r, strips);
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        if (strncmp(name, PARTS[i].name, length) == 0)
            PARTS[i].print(stream, r);
    return 0;
}

static int expand(FILE *stream, const Results *r, const Strips *strips)
{
    const char *at = REPORT_TEMPLATE;
    for (const char *open; (open = strstr(at, "{{"));) {
        const char *close = strstr(open, "}}");
        fwrite(at, 1, (size_t)(open - at), stream);
        if (fill(stream, open + 2, (size_t)(close - open) - 2, r, strips) != 0)
            return -1;
        at = close + 2;
    }
    fputs(at, stream);
    return 0;
}

int report_write(const Results *results, const Strips *strips, const char *path)
{
    FileWriter *writer = file_begin(path);
    if (!writer)
        return -1;
    if (expand(file_stream(writer), results, strips) != 0) {
        file_abandon(writer);
        return -1;
    }
    return file_commit(writer);
}
