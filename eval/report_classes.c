/* Bars: smoothing and hallucination in flat, edge, texture and text-like places. */
#include <math.h>

#include "eval/report_parts.h"

/* What a full bar stands for: the greatest value, but no more than this, beyond which bars are
 * cut off. */
static const double LONGEST = 2;

static double class_mean(const Results *r, int method, ContentClass content, Metric metric)
{
    return results_class_mean(r, method, content, metric, NULL);
}

static double full_bar(const Results *r)
{
    static const Metric SHOWN[] = {METRIC_SMOOTHING, METRIC_HALLUCINATION};
    double most = 1;
    for (int k = 0; k < r->methods->count; k++)
        for (ContentClass c = 0; c < CONTENT_CLASSES; c++)
            for (int i = 0; i < 2; i++)
                most = fmax(most, class_mean(r, k, c, SHOWN[i]));
    return fmin(most, LONGEST);
}

static void print_bar(FILE *stream, Metric metric, double value, double full)
{
    fputs("<td><span class=\"value\">", stream);
    html_number(stream, metric, value);
    fputs("</span>", stream);
    if (!isnan(value))
        fprintf(stream, "<span class=\"bar%s\" style=\"width:%.1f%%\"></span>",
                value > full ? " more" : "", 100 * fmin(value / full, 1));
    fputs("</td>", stream);
}

static void print_bars(FILE *stream, const Results *r, Metric metric)
{
    double full = full_bar(r);
    fprintf(stream,
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"By content\"><table "
            "class=\"bars\">\n<caption>%s</caption>\n<thead><tr><th scope=\"col\">"
            "method</th>",
            METRICS[metric].title);
    for (ContentClass c = 0; c < CONTENT_CLASSES; c++)
        fprintf(stream, "<th scope=\"col\">%s <span>%.0f&#8239;%%</span></th>", CONTENT_NAMES[c],
                100 * results_share(r, -1, c));
    fputs("</tr></thead>\n<tbody>\n", stream);
    for (int k = 0; k < r->methods->count; k++) {
        if (method_is(r, k, "blend"))
            continue;
        fputs("<tr class=\"", stream);
        html_method(stream, r, k);
        fputs("\"><th scope=\"row\">", stream);
        html_text(stream, r->methods->items[k].name);
        fputs("</th>", stream);
        for (ContentClass c = 0; c < CONTENT_CLASSES; c++)
            print_bar(stream, metric, class_mean(r, k, c, metric), full);
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table></div>\n", stream);
}

void report_classes(FILE *stream, const Page *page)
{
    print_bars(stream, page->results, METRIC_SMOOTHING);
    print_bars(stream, page->results, METRIC_HALLUCINATION);
}
