/* The findings in plain words. */
#include <math.h>

#include "eval/registration.h"
#include "eval/report_parts.h"

/* ---- The lead ---------------------------------------------------------------------------------
 */

/* Blends stand between methods that have sentences of their own. */
static int least_of(const Results *r, Metric metric)
{
    int best = -1;
    for (int k = 0; k < r->methods->count; k++)
        if (!method_is(r, k, "blend") && !isnan(results_mean(r, k, metric, NULL)) &&
            (best < 0 || results_mean(r, k, metric, NULL) < results_mean(r, best, metric, NULL)))
            best = k;
    return best;
}

static void print_name(FILE *stream, const Results *r, int method)
{
    fputs("<b class=\"name ", stream);
    html_method(stream, r, method);
    fputs("\">", stream);
    html_text(stream, r->methods->items[method].name);
    fputs("</b>", stream);
}

static void print_percent(FILE *stream, double value)
{
    if (isnan(value))
        fputs("an undefined share", stream);
    else
        fprintf(stream, "<b>%.0f&#8239;%%</b>", 100 * value);
}

void report_lead(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    if (r->set->input_only) {
        report_input_lead(stream, page);
        return;
    }
    int sharp = least_of(r, METRIC_SMOOTHING), honest = least_of(r, METRIC_HALLUCINATION);
    if (sharp < 0 || honest < 0) {
        fputs("These pictures have no detail that could be lost or made up.", stream);
        return;
    }
    print_name(stream, r, sharp);
    fputs(sharp == honest ? " wins both ways here: it leaves the least detail smooth ("
                          : " leaves the least detail smooth (",
          stream);
    print_percent(stream, results_mean(r, sharp, METRIC_SMOOTHING, NULL));
    fputs(" of its strength is missing)", stream);
    if (sharp == honest) {
        fputs(" and makes up the least (", stream);
    } else {
        fputs("; ", stream);
        print_name(stream, r, honest);
        fputs(" makes up the least (", stream);
    }
    print_percent(stream, results_mean(r, honest, METRIC_HALLUCINATION, NULL));
    fputs(").", stream);
}

/* ---- A sentence for every method --------------------------------------------------------------
 */

/* Where the method's outputs lie, over the pictures in which they are out of place. */
typedef struct Displacement {
    int pictures;
    double x, y;
} Displacement;

static Displacement displacement_of(const Results *r, int method)
{
    Displacement d = {0};
    for (int i = 0; i < r->set->count; i++) {
        const Measurement *m = results_at(r, method, i);
        if (!(hypot(m->shift_x, m->shift_y) >= REGISTRATION_LEAST))
            continue;
        d.pictures++;
        d.x += m->shift_x;
        d.y += m->shift_y;
    }
    d.x /= d.pictures ? d.pictures : 1;
    d.y /= d.pictures ? d.pictures : 1;
    return d;
}

static void print_displacement(FILE *stream, const Results *r, int method)
{
    Displacement d = displacement_of(r, method);
    if (d.pictures == 0)
        return;
    bool across = fabs(d.x) >= REGISTRATION_LEAST / 2, down = fabs(d.y) >= REGISTRATION_LEAST / 2;
    fputs(" <em>Lies ", stream);
    if (across)
        fprintf(stream, "%.2f&nbsp;px to the %s", fabs(d.x), d.x > 0 ? "right" : "left");
    if (down)
        fprintf(stream, "%s%.2f&nbsp;px %s", across ? " and " : "", fabs(d.y),
                d.y > 0 ? "below" : "above");
    if (!across && !down)
        fputs("out of place, differently in each picture", stream);
    else
        fputs(across && !down ? " of the truth" : " the truth", stream);
    if (d.pictures < r->set->count)
        fprintf(stream, " in %d of %d pictures", d.pictures, r->set->count);
    fputs("; measured put back into place.</em>", stream);
}

/* The baselines' sentences are short: they stand beside the others to compare with. */
static void print_baseline(FILE *stream, const Results *r, int k)
{
    double consistency = results_mean(r, k, METRIC_CONSISTENCY, NULL);
    fputs("<li class=\"baseline\">", stream);
    print_name(stream, r, k);
    fputs(" keeps ", stream);
    print_percent(stream, results_mean(r, k, METRIC_RECOVERED, NULL));
    fputs(", invents ", stream);
    print_percent(stream, results_mean(r, k, METRIC_HALLUCINATION, NULL));
    if (!isnan(consistency))
        fprintf(stream, ", agrees to <b>%.1f&nbsp;dB</b>", consistency);
    fputc('.', stream);
    print_displacement(stream, r, k);
    fputs("</li>\n", stream);
}

static void print_sentence(FILE *stream, const Results *r, int k)
{
    double sharpening = results_mean(r, k, METRIC_SHARPENING, NULL);
    double consistency = results_mean(r, k, METRIC_CONSISTENCY, NULL);
    fputs("<li class=\"", stream);
    html_method(stream, r, k);
    fputs("\">", stream);
    print_name(stream, r, k);
    fputs(" keeps ", stream);
    print_percent(stream, results_mean(r, k, METRIC_RECOVERED, NULL));
    fputs(" of the detail bicubic loses; ", stream);
    print_percent(stream, results_mean(r, k, METRIC_HALLUCINATION, NULL));
    fputs(" of the true detail&rsquo;s strength is invented", stream);
    if (sharpening >= 0.05) {
        fputs(", ", stream);
        print_percent(stream, sharpening);
        fputs(" is overdone", stream);
    }
    if (!isnan(consistency))
        fprintf(stream, "; agrees with its input to <b>%.1f&nbsp;dB</b>", consistency);
    fputc('.', stream);
    print_displacement(stream, r, k);
    fputs("</li>\n", stream);
}

/* Models and other programs' pictures first, the baselines they are compared with after. */
void report_sentences(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    if (r->set->input_only) {
        report_input_sentences(stream, page);
        return;
    }
    for (int k = 0; k < r->methods->count; k++)
        if (!method_is(r, k, "blend") && !method_is(r, k, "baseline"))
            print_sentence(stream, r, k);
    for (int k = 0; k < r->methods->count; k++)
        if (method_is(r, k, "baseline"))
            print_baseline(stream, r, k);
}

/* ---- The pictures themselves ------------------------------------------------------------------
 */

static bool describe(const Results *r, int picture, char *text, size_t size)
{
    *text = 0;
    return suspicion_explain(&r->suspicions[picture], results_use(r), text, size) > 0;
}

int warnings_count(const Results *r)
{
    char text[SUSPICION_BYTES];
    int count = 0;
    for (int i = 0; i < r->set->count; i++)
        count += describe(r, i, text, sizeof text);
    return count;
}

void report_warnings(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    char text[SUSPICION_BYTES];
    for (int i = 0; i < r->set->count; i++) {
        if (!describe(r, i, text, sizeof text))
            continue;
        fputs("<li><b>", stream);
        html_text(stream, r->set->names[i]);
        fputs("</b>: ", stream);
        html_text(stream, text);
        fputs("</li>\n", stream);
    }
}

void report_inputs(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    fputs(r->hr ? "<p>Truth: " : "<p>Truth: not given", stream);
    html_text(stream, r->hr ? r->hr : "");
    fputs(r->lr ? ". Inputs: " : ". Inputs: made from the truth by ", stream);
    html_text(stream, r->lr ? r->lr : degradation_name(r->set->degradation));
    fprintf(stream, ". Scale %d, border of %d pixels dropped. unmush %s.</p>\n<ul>\n", r->scale,
            r->crop, UNMUSH_VERSION);
    for (int k = 0; k < r->methods->count; k++) {
        const Method *method = &r->methods->items[k];
        if (!method->source || method_is(r, k, "blend"))
            continue;
        fputs("<li>", stream);
        print_name(stream, r, k);
        fputs(method_is(r, k, "images") ? ": pictures in " : ": ", stream);
        html_text(stream, method->source);
        if (method->engine) {
            fputs(", run by ", stream);
            html_text(stream, method->engine);
        }
        fputs("</li>\n", stream);
    }
    fputs("</ul>\n", stream);
}
