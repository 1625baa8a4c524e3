/* The findings in plain words where there is no truth: what they are worth comes first. */
#include <math.h>

#include "eval/report_parts.h"

static void print_name(FILE *stream, const Results *r, int method)
{
    fputs("<b class=\"name ", stream);
    html_method(stream, r, method);
    fputs("\">", stream);
    html_text(stream, r->methods->items[method].name);
    fputs("</b>", stream);
}

void report_input_lead(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    int most = -1;
    for (int k = 0; k < r->methods->count; k++) {
        double value = results_mean(r, k, METRIC_DISAGREEMENT, NULL);
        if (!method_is(r, k, "baseline") && !method_is(r, k, "blend") && !isnan(value) &&
            (most < 0 || value > results_mean(r, most, METRIC_DISAGREEMENT, NULL)))
            most = k;
    }
    fputs("Only the inputs are known, so nothing here tells whether detail is right.", stream);
    if (most < 0)
        return;
    fputs(" The detail of ", stream);
    print_name(stream, r, most);
    fprintf(stream, " agrees least with that of the others (<b>%.2f</b>; 1 is unrelated).",
            results_mean(r, most, METRIC_DISAGREEMENT, NULL));
}

/* ", NAME <b>VALUE</b> UNIT", where it is defined. */
static void print_value(FILE *stream, const Results *r, int k, Metric m, const char *words)
{
    double value = results_mean(r, k, m, NULL);
    if (isnan(value))
        return;
    fprintf(stream, "%s <b>", words);
    html_number(stream, m, value);
    fprintf(stream, "%s%s</b>", *METRICS[m].unit ? "&nbsp;" : "", METRICS[m].unit);
}

static void print_energy(FILE *stream, const Results *r, int k)
{
    double energy = results_mean(r, k, METRIC_EXPECTED_ENERGY, NULL);
    if (!isnan(energy))
        fprintf(stream, " has <b>%.0f&#8239;%%</b> of the texture that the inputs lead to expect",
                100 * energy);
    else
        fputs(" has texture of which nothing could be expected", stream);
}

static void print_sentence(FILE *stream, const Results *r, int k)
{
    fputs("<li class=\"", stream);
    html_method(stream, r, k);
    fputs("\">", stream);
    print_name(stream, r, k);
    print_energy(stream, r, k);
    print_value(stream, r, k, METRIC_FLAT_TEXTURE, ", on flat ground");
    print_value(stream, r, k, METRIC_INPUT_CONSISTENCY, "; agrees with its input to");
    print_value(stream, r, k, METRIC_DISAGREEMENT, "; disagrees with the others by");
    fputs(".</li>\n", stream);
}

void report_input_sentences(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    for (int baselines = 0; baselines < 2; baselines++)
        for (int k = 0; k < r->methods->count; k++)
            if (!method_is(r, k, "blend") && method_is(r, k, "baseline") == (baselines == 1))
                print_sentence(stream, r, k);
}
