/* Curves over the frequency, as SVG: how much power a method has of the truth's, and how much of it
 * is in phase with the truth. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "eval/report_parts.h"

enum { WIDTH = 560, HEIGHT = 330, LEFT = 52, RIGHT = 110, TOP = 14, BOTTOM = 48, LINE = 15 };

/* A chart's upward axis. */
typedef struct Scale {
    const char *title;
    double low, high; /* its ends */
    bool logarithmic;
} Scale;

static double chart_x(int band)
{
    return LEFT + (band + 1.0) / SPECTRA_BANDS * (WIDTH - LEFT - RIGHT);
}

static double chart_y(const Scale *s, double value)
{
    double low = s->low, high = s->high;
    double inside = fmin(fmax(value, low), high);
    double share =
        s->logarithmic ? log(inside / low) / log(high / low) : (inside - low) / (high - low);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

static void print_level(FILE *stream, const Scale *s, double level)
{
    fprintf(stream,
            "<path%s d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">%g</text>\n",
            level == 1 ? " class=\"one\"" : "", LEFT, chart_y(s, level), WIDTH - RIGHT, LEFT - 8,
            chart_y(s, level) + 4, level);
}

static void print_axes(FILE *stream, const Scale *s, int scale)
{
    double nyquist = LEFT + (double)(WIDTH - LEFT - RIGHT) / scale;
    fputs("<g class=\"grid\">\n", stream);
    if (s->logarithmic)
        for (double level = s->low; level <= s->high * 1.01; level *= 10)
            print_level(stream, s, level);
    else
        for (int i = 0; i <= 5; i++)
            print_level(stream, s, i * 0.2);
    for (int i = 0; i <= 4; i++)
        fprintf(stream, "<text x=\"%.1f\" y=\"%d\">%g</text>\n",
                LEFT + i * 0.25 * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM + 18, i * 0.25);
    fprintf(stream,
            "<text x=\"%.1f\" y=\"%d\">frequency, of the finest there is &rarr;</text>\n"
            "<text transform=\"translate(14 %.1f) rotate(-90)\">%s</text>\n"
            "<path class=\"nyquist\" d=\"M%.1f %dV%d\"/>"
            "<text class=\"start\" x=\"%.1f\" y=\"%d\">beyond the input &rarr;</text>\n</g>\n",
            (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, (TOP + HEIGHT - BOTTOM) / 2.0, s->title,
            nyquist, TOP, HEIGHT - BOTTOM, nyquist + 6, TOP + 12);
}

/* A line broken where a band is undefined; returns where it ends, NAN if there is none. */
static double print_line(FILE *stream, const Scale *s, const double *bands)
{
    double end = NAN;
    bool open = false;
    fputs("<path d=\"", stream);
    for (int i = 0; i < SPECTRA_BANDS; i++) {
        if (!isnan(bands[i])) {
            end = chart_y(s, bands[i]);
            fprintf(stream, "%c%.1f %.1f", open ? 'L' : 'M', chart_x(i), end);
        }
        open = !isnan(bands[i]);
    }
    fputs("\"/>", stream);
    return end;
}

/* Where a method's line ends, and its label stands. */
typedef struct End {
    int method;
    double y, label;
} End;

static int compare_ends(const void *a, const void *b)
{
    const End *left = a, *right = b;
    return left->y != right->y ? (left->y < right->y ? -1 : 1) : left->method - right->method;
}

/* Labels a line apart: pushed down from the top, then, where they leave the chart, up again. */
static void spread(End *ends, int count)
{
    double bottom = HEIGHT - BOTTOM + 4;
    qsort(ends, (size_t)count, sizeof *ends, compare_ends);
    for (int i = 0; i < count; i++) {
        ends[i].label = ends[i].y;
        if (i > 0 && ends[i].label < ends[i - 1].label + LINE)
            ends[i].label = ends[i - 1].label + LINE;
    }
    for (int i = count - 1; i >= 0; i--) {
        double most = i == count - 1 ? bottom : ends[i + 1].label - LINE;
        ends[i].label = fmin(ends[i].label, most);
    }
}

static void print_labels(FILE *stream, const Results *r, End *ends, int count)
{
    spread(ends, count);
    for (int i = 0; i < count; i++) {
        fputs("<g class=\"", stream);
        html_method(stream, r, ends[i].method);
        fprintf(stream,
                "\"><path class=\"leader\" d=\"M%d %.1fL%d %.1f\"/><text class=\"start\" x=\"%d\" "
                "y=\"%.1f\">",
                WIDTH - RIGHT, ends[i].y, WIDTH - RIGHT + 12, ends[i].label, WIDTH - RIGHT + 15,
                ends[i].label + 4);
        html_text(stream, r->methods->items[ends[i].method].name);
        fputs("</text></g>\n", stream);
    }
}

/* The baselines first, below the others. */
static void print_lines(FILE *stream, const Results *r, const Scale *s, bool coherence)
{
    End *ends = memory_array((size_t)r->methods->count, sizeof *ends);
    int count = 0;
    for (int front = 0; front <= 1; front++)
        for (int k = 0; k < r->methods->count; k++) {
            double bands[2][SPECTRA_BANDS];
            if (method_is(r, k, "blend") || method_is(r, k, "baseline") == front)
                continue;
            results_spectra(r, k, bands[0], bands[1]);
            fputs("<g class=\"line ", stream);
            html_method(stream, r, k);
            fputs("\"><title>", stream);
            html_text(stream, r->methods->items[k].name);
            fputs("</title>", stream);
            double end = print_line(stream, s, bands[coherence]);
            fputs("</g>\n", stream);
            if (!isnan(end))
                ends[count++] = (End){.method = k, .y = end};
        }
    print_labels(stream, r, ends, count);
    free(ends);
}

static void print_chart(FILE *stream, const Results *r, const Scale *s, bool coherence)
{
    fprintf(stream, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s of every method\">\n",
            WIDTH, HEIGHT, coherence ? "Coherence with the truth" : "Power over the truth's");
    print_axes(stream, s, r->scale);
    print_lines(stream, r, s, coherence);
    fputs("</svg>\n", stream);
}

void report_spectra(FILE *stream, const Page *page)
{
    static const Scale POWER = {"power, of the truth&rsquo;s", 0.001, 10, true};
    static const Scale COHERENCE = {"coherence with the truth", 0, 1, false};
    fputs("<figure class=\"panel\">\n", stream);
    print_chart(stream, page->results, &POWER, false);
    fputs(
        "<figcaption><b>Power.</b> Texture is there: 1 is as much as the truth has. Below 1 it is "
        "smoothed away.</figcaption>\n</figure>\n<figure class=\"panel\">\n",
        stream);
    print_chart(stream, page->results, &COHERENCE, true);
    fputs("<figcaption><b>Coherence.</b> The right texture is there: 1 is the truth&rsquo;s own, 0 "
          "has "
          "nothing to do with it.</figcaption>\n</figure>\n",
          stream);
}
