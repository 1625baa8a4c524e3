#include <math.h>
#include <string.h>

#include "eval/report_parts.h"

/* What a heading says of where better lies. */
static const char *direction(Metric m)
{
    switch (METRICS[m].better) {
    case BETTER_MORE:
        return "&uarr;";
    case BETTER_LESS:
        return "&darr;";
    case BETTER_NEAR_ONE:
        return "&rarr;1";
    }
    return "";
}

/* The least badness among the methods' means; NAN if there is none. */
static double best_of(const Results *r, Metric m)
{
    double best = NAN;
    for (int k = 0; k < r->methods->count; k++) {
        double bad = metric_badness(m, results_mean(r, k, m, NULL));
        if (!isnan(bad) && !(bad >= best))
            best = bad;
    }
    return best;
}

static void print_head(FILE *stream, const Results *r, const char *second)
{
    fputs("<thead><tr><th scope=\"col\"><button>method</button></th>", stream);
    if (second)
        fprintf(stream, "<th scope=\"col\"><button>%s</button></th>", second);
    for (Metric m = 0; m < METRIC_COUNT; m++)
        if (r->measured[m])
            fprintf(stream,
                    "<th scope=\"col\" title=\"%s\"><button>%s <span>%s</span></button></th>",
                    METRICS[m].meaning, METRICS[m].title, direction(m));
    fputs("</tr></thead>\n<tbody>\n", stream);
}

static void print_name(FILE *stream, const Method *method)
{
    fprintf(stream, "<tr class=\"%s\"><th scope=\"row\">", method->kind);
    html_text(stream, method->name);
    fputs("</th>", stream);
}

static void print_mean(FILE *stream, const Results *r, int method, Metric m, double best)
{
    int undefined = 0;
    double mean = results_mean(r, method, m, &undefined);
    fputs(metric_badness(m, mean) <= best ? "<td class=\"best\"" : "<td", stream);
    if (undefined)
        fprintf(stream, " title=\"undefined on %d of %d pictures\"", undefined, r->set->count);
    fputc('>', stream);
    html_number(stream, m, mean);
    fputs(undefined && undefined < r->set->count ? "*</td>" : "</td>", stream);
}

void report_means(FILE *stream, const Results *r)
{
    double best[METRIC_COUNT];
    for (Metric m = 0; m < METRIC_COUNT; m++)
        best[m] = best_of(r, m);
    fputs("<table class=\"sortable\">\n", stream);
    print_head(stream, r, NULL);
    for (int k = 0; k < r->methods->count; k++) {
        print_name(stream, &r->methods->items[k]);
        for (Metric m = 0; m < METRIC_COUNT; m++)
            if (r->measured[m])
                print_mean(stream, r, k, m, best[m]);
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table>\n", stream);
}

static void print_picture(FILE *stream, const Results *r, int method, int picture)
{
    print_name(stream, &r->methods->items[method]);
    fputs("<td class=\"text\">", stream);
    html_text(stream, r->set->names[picture]);
    fputs("</td>", stream);
    for (Metric m = 0; m < METRIC_COUNT; m++) {
        if (!r->measured[m])
            continue;
        fputs("<td>", stream);
        html_number(stream, m, results_values(r, method, picture)[m]);
        fputs("</td>", stream);
    }
    fputs("</tr>\n", stream);
}

void report_pictures(FILE *stream, const Results *r)
{
    fputs("<table class=\"sortable\">\n", stream);
    print_head(stream, r, "picture");
    for (int i = 0; i < r->set->count; i++)
        for (int k = 0; k < r->methods->count; k++)
            print_picture(stream, r, k, i);
    fputs("</tbody></table>\n", stream);
}
