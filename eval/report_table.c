/* Tables of numbers: means with their intervals, and every picture. */
#include <math.h>

#include "eval/report_parts.h"

/* What a reader looks for first; the other measures follow in their own order. */
static const Metric LEADING[] = {METRIC_SMOOTHING,   METRIC_HALLUCINATION, METRIC_RECOVERED,
                                 METRIC_CONSISTENCY, METRIC_PSNR_Y,        METRIC_SSIM_Y,
                                 METRIC_LPIPS_ALEX,  METRIC_LPIPS_VGG};
enum { LEADING_COUNT = sizeof LEADING / sizeof *LEADING };

static bool leads(Metric m)
{
    for (int i = 0; i < LEADING_COUNT; i++)
        if (LEADING[i] == m)
            return true;
    return false;
}

/* The columns of the tables: all that was measured. How many. */
static int columns_of(const Results *r, Metric columns[METRIC_COUNT])
{
    int count = 0;
    for (int i = 0; i < LEADING_COUNT; i++)
        if (r->measured[LEADING[i]])
            columns[count++] = LEADING[i];
    for (Metric m = 0; m < METRIC_COUNT; m++)
        if (r->measured[m] && !leads(m))
            columns[count++] = m;
    return count;
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

static void print_heading(FILE *stream, Metric m)
{
    fprintf(stream, "<th scope=\"col\" title=\"%s%s%s\"><button>", METRICS[m].meaning,
            *METRICS[m].unit ? ", " : "", METRICS[m].unit);
    for (const char *c = METRICS[m].title; *c; c++)
        fputs(*c == '-' ? "&#8209;" : (char[]){*c, 0}, stream);
    fprintf(stream, "&nbsp;<span>%s</span></button></th>", direction(m));
}

static void print_head(FILE *stream, const Results *r, const char *second)
{
    Metric columns[METRIC_COUNT];
    int count = columns_of(r, columns);
    fputs("<thead><tr><th scope=\"col\"><button>method</button></th>", stream);
    if (second)
        fprintf(stream, "<th scope=\"col\" class=\"text\"><button>%s</button></th>", second);
    for (int i = 0; i < count; i++)
        print_heading(stream, columns[i]);
    fputs("</tr></thead>\n<tbody>\n", stream);
}

static void print_name(FILE *stream, const Results *r, int method)
{
    fputs("<tr class=\"", stream);
    html_method(stream, r, method);
    fputs("\"><th scope=\"row\">", stream);
    html_text(stream, r->methods->items[method].name);
    fputs("</th>", stream);
}

static void print_interval(FILE *stream, Metric m, Interval interval)
{
    if (isnan(interval.low))
        return;
    fputs("<small>", stream);
    html_number(stream, m, interval.low);
    fputs("&hairsp;&ndash;&hairsp;", stream);
    html_number(stream, m, interval.high);
    fputs("</small>", stream);
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
    if (undefined && undefined < r->set->count)
        fputc('*', stream);
    print_interval(stream, m, results_interval(r, method, m));
    fputs("</td>", stream);
}

void report_means(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    Metric columns[METRIC_COUNT];
    double best[METRIC_COUNT];
    int count = columns_of(r, columns);
    for (int i = 0; i < count; i++)
        best[i] = best_of(r, columns[i]);
    fputs("<table class=\"sortable\">\n", stream);
    print_head(stream, r, NULL);
    for (int k = 0; k < r->methods->count; k++) {
        print_name(stream, r, k);
        for (int i = 0; i < count; i++)
            print_mean(stream, r, k, columns[i], best[i]);
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table>\n", stream);
}

static void print_picture(FILE *stream, const Results *r, int method, int picture)
{
    Metric columns[METRIC_COUNT];
    int count = columns_of(r, columns);
    char warning[SUSPICION_BYTES] = "";
    print_name(stream, r, method);
    fputs("<td class=\"text\">", stream);
    html_text(stream, r->set->names[picture]);
    if (suspicion_explain(&r->suspicions[picture], results_use(r), warning, sizeof warning) > 0) {
        fputs(" <abbr title=\"", stream);
        html_text(stream, warning);
        fputs("\">&#9888;</abbr>", stream);
    }
    fputs("</td>", stream);
    for (int i = 0; i < count; i++) {
        fputs("<td>", stream);
        html_number(stream, columns[i], results_values(r, method, picture)[columns[i]]);
        fputs("</td>", stream);
    }
    fputs("</tr>\n", stream);
}

void report_pictures(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    fputs("<table class=\"sortable\">\n", stream);
    print_head(stream, r, "picture");
    for (int i = 0; i < r->set->count; i++)
        for (int k = 0; k < r->methods->count; k++)
            if (!method_is(r, k, "blend"))
                print_picture(stream, r, k, i);
    fputs("</tbody></table>\n", stream);
}
