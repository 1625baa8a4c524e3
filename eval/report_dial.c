/* The dial between two models: what each of its steps looks like, and where it lies. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "eval/report_parts.h"

enum { WIDTH = 380, HEIGHT = 250, LEFT = 58, RIGHT = 18, TOP = 18, BOTTOM = 50 };

/* ---- The curve, near by -----------------------------------------------------------------------
 */

/* The part of an axis that the curve takes, with some room. */
typedef struct Axis {
    double low, high, step; /* step: from a tick to the next */
} Axis;

static Axis axis_of(const double *values, int count)
{
    double low = values[0], high = values[0];
    for (int i = 1; i < count; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    double room = fmax(0.15 * (high - low), 0.005), step = 0.001;
    for (int i = 0; (high - low + 2 * room) / step > 5; i++)
        step *= i % 3 == 1 ? 2.5 : 2; /* 1, 2, 5, 10, ... */
    return (Axis){low - room, high + room, step};
}

static double curve_x(const Axis *a, double value)
{
    return LEFT + (value - a->low) / (a->high - a->low) * (WIDTH - LEFT - RIGHT);
}

static double curve_y(const Axis *a, double value)
{
    return HEIGHT - BOTTOM - (value - a->low) / (a->high - a->low) * (HEIGHT - TOP - BOTTOM);
}

static void print_axes(FILE *stream, const Axis *across, const Axis *up)
{
    fputs("<g class=\"grid\">\n", stream);
    for (double tick = ceil(across->low / across->step); tick * across->step <= across->high;
         tick++)
        fprintf(stream, "<path d=\"M%.1f %dV%d\"/><text x=\"%.1f\" y=\"%d\">%g</text>\n",
                curve_x(across, tick * across->step), TOP, HEIGHT - BOTTOM,
                curve_x(across, tick * across->step), HEIGHT - BOTTOM + 18, tick * across->step);
    for (double tick = ceil(up->low / up->step); tick * up->step <= up->high; tick++)
        fprintf(stream,
                "<path d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">%g</text>\n",
                LEFT, curve_y(up, tick * up->step), WIDTH - RIGHT, LEFT - 8,
                curve_y(up, tick * up->step) + 4, tick * up->step);
    fprintf(stream,
            "<text x=\"%d\" y=\"%d\">smoothing &rarr;</text>\n"
            "<text transform=\"translate(14 %d) rotate(-90)\">hallucination &rarr;</text>\n</g>\n",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, (TOP + HEIGHT - BOTTOM) / 2);
}

static void print_curve(FILE *stream, const Results *r, const int *path, int steps)
{
    double *x = memory_array((size_t)steps, sizeof *x), *y = memory_array((size_t)steps, sizeof *y);
    for (int i = 0; i < steps; i++) {
        x[i] = results_mean(r, path[i], METRIC_SMOOTHING, NULL);
        y[i] = results_mean(r, path[i], METRIC_HALLUCINATION, NULL);
    }
    Axis across = axis_of(x, steps), up = axis_of(y, steps);
    fprintf(stream, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"The blends' curve\">\n",
            WIDTH, HEIGHT);
    print_axes(stream, &across, &up);
    fputs("<g class=\"blend\"><path class=\"curve\" d=\"", stream);
    for (int i = 0; i < steps; i++)
        fprintf(stream, "%c%.1f %.1f", i ? 'L' : 'M', curve_x(&across, x[i]), curve_y(&up, y[i]));
    fputs("\"/>\n", stream);
    for (int i = 0; i < steps; i++)
        fprintf(stream,
                "<circle class=\"step\" data-step=\"%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", i,
                curve_x(&across, x[i]), curve_y(&up, y[i]));
    fputs("<circle class=\"turned\" r=\"9\" visibility=\"hidden\"/></g>\n</svg>\n", stream);
    free(x);
    free(y);
}

/* ---- The dial ---------------------------------------------------------------------------------
 */

static void print_reading(FILE *stream, const Results *r, const int *path, int step)
{
    static const Metric SHOWN[] = {METRIC_SMOOTHING,   METRIC_HALLUCINATION, METRIC_RECOVERED,
                                   METRIC_CONSISTENCY, METRIC_PSNR_Y,        METRIC_LPIPS_ALEX};
    double alpha = blend_alpha(r->methods, path, step);
    fprintf(stream,
            "<dl class=\"reading\" data-step=\"%d\" data-label=\"alpha %.2f: smoothing %.2f, "
            "hallucination %.2f\"%s><div><dt>alpha</dt><dd>%.2f</dd></div>",
            step, alpha, results_mean(r, path[step], METRIC_SMOOTHING, NULL),
            results_mean(r, path[step], METRIC_HALLUCINATION, NULL), step == 0 ? "" : " hidden",
            alpha);
    for (size_t i = 0; i < sizeof SHOWN / sizeof *SHOWN; i++) {
        Metric m = SHOWN[i];
        if (!r->measured[m])
            continue;
        fprintf(stream, "<div><dt>%s</dt><dd>", METRICS[m].title);
        html_number(stream, m, results_mean(r, path[step], m, NULL));
        fprintf(stream, "%s%s</dd></div>", *METRICS[m].unit ? "&nbsp;" : "", METRICS[m].unit);
    }
    fputs("</dl>\n", stream);
}

static void print_end(FILE *stream, const Results *r, int method, bool crisp)
{
    fprintf(stream, "<span>%s <b class=\"name ", crisp ? "crisp:" : "creative:");
    html_method(stream, r, method);
    fputs("\">", stream);
    html_text(stream, r->methods->items[method].name);
    fputs("</b></span>", stream);
}

/* The end that makes up more is the creative one, in whichever order they were named. */
static void print_slider(FILE *stream, const Results *r, const int *path, int steps, const char *id)
{
    int first = path[0], last = path[steps - 1];
    bool rises = results_mean(r, first, METRIC_HALLUCINATION, NULL) <=
                 results_mean(r, last, METRIC_HALLUCINATION, NULL);
    fprintf(stream, "<label class=\"ends\" for=\"%s\">", id);
    print_end(stream, r, first, rises);
    print_end(stream, r, last, !rises);
    fprintf(stream,
            "</label>\n<input type=\"range\" class=\"alpha\" id=\"%s\" min=\"0\" max=\"%d\" "
            "step=\"1\" value=\"0\">\n",
            id, steps - 1);
}

static void print_turn(FILE *stream, const Results *r, const Gallery *g, const Shot *s)
{
    const char *picture = r->set->names[s->picture];
    int width = s->window.width * 2, height = s->window.height * 2;
    fputs("<div class=\"turn\">\n<figure class=\"blend\">", stream);
    for (int t = 0; t < g->tiles - 1; t++) {
        fprintf(stream, "<div data-step=\"%d\"%s>", t, t == 0 ? "" : " hidden");
        html_picture(stream, &s->tiles[t], width, height, picture,
                     r->methods->items[g->sources[t]].name);
        fputs("</div>", stream);
    }
    fputs("<figcaption><b class=\"name\">blend</b> <span>", stream);
    html_text(stream, picture);
    fputs("</span></figcaption></figure>\n<figure class=\"truth\">", stream);
    html_picture(stream, &s->tiles[g->tiles - 1], width, height, picture, "truth");
    fputs("<figcaption><b class=\"name\">truth</b></figcaption></figure>\n</div>\n", stream);
}

/* The slider once more, for the first screen; the page's script fills the pictures in. */
void report_knob(FILE *stream, const Page *page)
{
    const Gallery *g = &page->exhibits->dial;
    print_slider(stream, page->results, g->sources, g->tiles - 1, "alpha-first");
    fputs("<p class=\"note\"><output></output> <a href=\"#dial\">All pictures</a></p>\n"
          "<div class=\"previews\"><figure class=\"blend\"><img alt=\"blend\"><figcaption><b "
          "class=\"name\">blend</b></figcaption></figure><figure class=\"truth\"><img "
          "alt=\"truth\"><figcaption><b class=\"name\">truth</b></figcaption></figure></div>\n",
          stream);
}

void report_dial(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    const Gallery *g = &page->exhibits->dial;
    const int *path = g->sources, steps = g->tiles - 1; /* then the truth */
    fputs("<div class=\"knob\">\n", stream);
    print_curve(stream, r, path, steps);
    fputs("<div>\n", stream);
    print_slider(stream, r, path, steps, "alpha");
    fputs("<div aria-live=\"polite\">\n", stream);
    for (int i = 0; i < steps; i++)
        print_reading(stream, r, path, i);
    fputs("</div></div></div>\n<div class=\"turns\">\n", stream);
    for (int k = 0; k < g->count; k++)
        print_turn(stream, r, g, &g->shots[k]);
    fputs("</div>\n", stream);
}
