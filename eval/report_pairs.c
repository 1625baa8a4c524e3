/* Methods against one another, picture by picture. */
#include <math.h>
#include <string.h>

#include "eval/report_parts.h"

static const Metric COMPARED[] = {
    METRIC_SMOOTHING,    METRIC_HALLUCINATION, METRIC_RECOVERED,         METRIC_CONSISTENCY,
    METRIC_PSNR_Y,       METRIC_LPIPS_ALEX,    METRIC_INPUT_CONSISTENCY, METRIC_EXPECTED_ENERGY,
    METRIC_FLAT_TEXTURE, METRIC_DISAGREEMENT};
enum { COMPARED_COUNT = sizeof COMPARED / sizeof *COMPARED };

/* Every model or folder with bicubic and with those before it; baselines among themselves and
 * blends, which lie between their ends, are left out. */
static bool is_compared(const Results *r, int a, int b)
{
    if (method_is(r, b, "baseline") || method_is(r, b, "blend") || method_is(r, a, "blend"))
        return false;
    return !method_is(r, a, "baseline") || strcmp(r->methods->items[a].name, "bicubic") == 0;
}

/* Calls `each` for every pair; how many. Baselines stand first in the list of methods or last. */
static int for_pairs(const Results *r, FILE *stream,
                     void (*each)(FILE *stream, const Results *r, int a, int b))
{
    int count = 0;
    for (int b = 0; b < r->methods->count; b++)
        for (int a = 0; a < r->methods->count; a++) {
            if (a == b || !is_compared(r, a, b) || (a > b && !method_is(r, a, "baseline")))
                continue;
            count++;
            if (each)
                each(stream, r, a, b);
        }
    return count;
}

int pairs_count(const Results *r)
{
    return for_pairs(r, NULL, NULL);
}

static void print_signed(FILE *stream, Metric m, double value)
{
    fputs(value < 0 ? "&minus;" : "+", stream);
    html_number(stream, m, fabs(value));
}

static void print_difference(FILE *stream, Metric m, const Paired *p)
{
    bool shown = p->interval.low > 0 || p->interval.high < 0;
    double wins = METRICS[m].better == BETTER_LESS ? 1 - p->wins : p->wins;
    bool better = METRICS[m].better == BETTER_LESS ? p->difference < 0 : p->difference > 0;
    if (p->pictures == 0) {
        fputs("<td>&ndash;</td>", stream);
        return;
    }
    fprintf(stream, "<td class=\"%s\">", !shown ? "open" : better ? "gain" : "loss");
    print_signed(stream, m, p->difference);
    if (!isnan(p->interval.low)) {
        fputs("<small>", stream);
        print_signed(stream, m, p->interval.low);
        fputs(" to ", stream);
        print_signed(stream, m, p->interval.high);
        fputs("</small>", stream);
    }
    fprintf(stream, "<small>better on %.0f&#8239;%%</small></td>", 100 * wins);
}

static void print_name(FILE *stream, const Results *r, int method)
{
    fputs("<b class=\"name ", stream);
    html_method(stream, r, method);
    fputs("\">", stream);
    html_text(stream, r->methods->items[method].name);
    fputs("</b>", stream);
}

static void print_pair(FILE *stream, const Results *r, int a, int b)
{
    fputs("<tr><th scope=\"row\">", stream);
    print_name(stream, r, b);
    fputs("<small>against ", stream);
    print_name(stream, r, a);
    fputs("</small></th>", stream);
    for (int i = 0; i < COMPARED_COUNT; i++)
        if (r->measured[COMPARED[i]]) {
            Paired paired = results_paired(r, a, b, COMPARED[i]);
            print_difference(stream, COMPARED[i], &paired);
        }
    fputs("</tr>\n", stream);
}

void report_pairs(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    fputs("<table>\n<thead><tr><th scope=\"col\">method</th>", stream);
    for (int i = 0; i < COMPARED_COUNT; i++)
        if (r->measured[COMPARED[i]])
            fprintf(stream, "<th scope=\"col\" title=\"%s\">%s</th>", METRICS[COMPARED[i]].meaning,
                    METRICS[COMPARED[i]].title);
    fputs("</tr></thead>\n<tbody>\n", stream);
    for_pairs(r, stream, print_pair);
    fputs("</tbody></table>\n", stream);
}
