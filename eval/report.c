/* The page: report.html, where {{NAME}} is filled in and {{if NAME}} ... {{end}} stays only if
 * there is something to show. */
#include "eval/report.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "eval/report_parts.h"

extern const char REPORT_TEMPLATE[]; /* report.html, embedded by the build */

enum { COLOURS = 8 };

void html_number(FILE *stream, Metric metric, double value)
{
    if (isnan(value))
        fputs("&ndash;", stream);
    else
        fprintf(stream, "%.*f", METRICS[metric].decimals, value);
}

bool method_is(const Results *r, int method, const char *kind)
{
    return strcmp(r->methods->items[method].kind, kind) == 0;
}

/* Baselines and blends are of one colour each; every other method has its own. */
void html_method(FILE *stream, const Results *r, int method)
{
    int colour = 0;
    for (int k = 0; k < method; k++)
        colour += !method_is(r, k, "baseline") && !method_is(r, k, "blend");
    fputs(r->methods->items[method].kind, stream);
    if (!method_is(r, method, "baseline") && !method_is(r, method, "blend"))
        fprintf(stream, " c%d", colour % COLOURS);
}

static void print_title(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    int blends = 0;
    for (int k = 0; k < r->methods->count; k++)
        blends += method_is(r, k, "blend");
    int methods = r->methods->count - blends;
    fprintf(stream, "%d upscaler%s at &times;%d on %d picture%s", methods, methods == 1 ? "" : "s",
            r->scale, r->set->count, r->set->count == 1 ? "" : "s");
}

static bool has_blend(const Page *page)
{
    return page->exhibits->dial.count > 0;
}

static bool has_loupe(const Page *page)
{
    return page->exhibits->loupe.count > 0;
}

static bool has_places(const Page *page)
{
    for (int kind = 0; kind < PLACE_KINDS; kind++)
        if (page->exhibits->places.lists[kind].count > 0)
            return true;
    return false;
}

static bool has_pairs(const Page *page)
{
    return pairs_count(page->results) > 0 && page->results->set->count >= 3;
}

static bool has_classes(const Page *page)
{
    for (int k = 0; k < page->results->methods->count; k++)
        for (int c = 0; c < CONTENT_CLASSES; c++)
            if (!isnan(
                    results_class_mean(page->results, k, (ContentClass)c, METRIC_SMOOTHING, NULL)))
                return true;
    return false;
}

static bool has_spectra(const Page *page)
{
    double power[SPECTRA_BANDS], coherence[SPECTRA_BANDS];
    results_spectra(page->results, 0, power, coherence);
    for (int i = 0; i < SPECTRA_BANDS; i++)
        if (!isnan(coherence[i]))
            return true;
    return false;
}

static bool has_truth(const Page *page)
{
    return !page->results->set->input_only;
}

static bool has_none(const Page *page)
{
    return page->results->set->input_only;
}

static bool has_warnings(const Page *page)
{
    return warnings_count(page->results) > 0;
}

static const struct {
    const char *name;
    void (*print)(FILE *stream, const Page *page);
} PARTS[] = {
    {"title", print_title},      {"lead", report_lead},         {"sentences", report_sentences},
    {"plane", report_plane},     {"dial", report_dial},         {"knob", report_knob},
    {"means", report_means},     {"pairs", report_pairs},       {"pictures", report_pictures},
    {"loupe", report_loupe},     {"places", report_places},     {"classes", report_classes},
    {"spectra", report_spectra}, {"warnings", report_warnings}, {"inputs", report_inputs}};

static const struct {
    const char *name;
    bool (*holds)(const Page *page);
} CONDITIONS[] = {{"blend", has_blend},       {"loupe", has_loupe},     {"places", has_places},
                  {"pairs", has_pairs},       {"classes", has_classes}, {"spectra", has_spectra},
                  {"warnings", has_warnings}, {"truth", has_truth},     {"no truth", has_none}};

static bool is_called(const char *name, const char *start, size_t length)
{
    return strlen(name) == length && strncmp(name, start, length) == 0;
}

static bool holds(const Page *page, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof CONDITIONS / sizeof *CONDITIONS; i++)
        if (is_called(CONDITIONS[i].name, name, length))
            return CONDITIONS[i].holds(page);
    return false;
}

/* Where a part that is left out ends, other parts inside of it included. */
static const char *behind_end(const char *at)
{
    for (int depth = 1; depth > 0;) {
        const char *open = strstr(at, "{{");
        if (!open)
            return at + strlen(at);
        at = open + 2;
        depth += strncmp(at, "if ", 3) == 0;
        depth -= strncmp(at, "end}}", 5) == 0;
    }
    return strstr(at, "}}") + 2;
}

/* What stands between {{ and }}; returns from where to go on. */
static const char *fill(FILE *stream, const Page *page, const char *name, const char *close)
{
    size_t length = (size_t)(close - name);
    const char *after = close + 2;
    if (strncmp(name, "if ", 3) == 0) {
        if (holds(page, name + 3, length - 3))
            return after;
        return behind_end(after);
    }
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        if (is_called(PARTS[i].name, name, length))
            PARTS[i].print(stream, page);
    return after;
}

static void expand(FILE *stream, const Page *page)
{
    const char *at = REPORT_TEMPLATE;
    for (const char *open; (open = strstr(at, "{{"));) {
        fwrite(at, 1, (size_t)(open - at), stream);
        at = fill(stream, page, open + 2, strstr(open, "}}"));
    }
    fputs(at, stream);
}

int report_write(const Results *results, const Exhibits *exhibits, const char *path)
{
    FileWriter *writer = file_begin(path);
    if (!writer)
        return -1;
    expand(file_stream(writer), &(Page){results, exhibits});
    return file_commit(writer);
}

int report_write_plane(const Results *results, const Exhibits *exhibits, const char *path)
{
    FileWriter *writer = file_begin(path);
    if (!writer)
        return -1;
    FILE *stream = file_stream(writer);
    const char *style = strstr(REPORT_TEMPLATE, "<style>") + strlen("<style>");
    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\">\n<style><![CDATA[%.*s]]></style>\n"
            "<path d=\"M0 0h%dv%dh-%dz\" style=\"fill: var(--panel); stroke: none\"/>\n",
            PLANE_WIDTH, PLANE_HEIGHT, PLANE_WIDTH, PLANE_HEIGHT,
            (int)(strstr(style, "</style>") - style), style, PLANE_WIDTH, PLANE_HEIGHT,
            PLANE_WIDTH);
    report_plane(stream, &(Page){results, exhibits});
    fputs("</svg>\n", stream);
    return file_commit(writer);
}
