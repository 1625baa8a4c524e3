/* The plane of smoothing against hallucination, as SVG. Labels are put where they cover neither
 * marks nor other labels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "eval/report_parts.h"

enum { WIDTH = 560, HEIGHT = 430, LEFT = 52, RIGHT = 16, TOP = 14, BOTTOM = 52 };
static const double MARK = 6, LINE = 17, LETTER = 8.2;

typedef struct Box {
    double left, top, right, bottom;
} Box;

typedef struct Plot {
    double across, up; /* the axes' ends */
    int boxes;
    Box *taken; /* marks first, then labels as they are placed */
} Plot;

static double plot_x(const Plot *p, double smoothing)
{
    return LEFT + smoothing / p->across * (WIDTH - LEFT - RIGHT);
}

static double plot_y(const Plot *p, double hallucination)
{
    return HEIGHT - BOTTOM - hallucination / p->up * (HEIGHT - TOP - BOTTOM);
}

/* The next tenth above the largest mean, but at least `least`. */
static double axis_end(const Results *r, Metric metric, double least)
{
    double end = least;
    for (int k = 0; k < r->methods->count; k++) {
        double value = results_mean(r, k, metric, NULL);
        if (value * 1.05 > end)
            end = ceil(value * 10.5) / 10;
    }
    return end;
}

static void print_grid(FILE *stream, const Plot *p)
{
    double right = plot_x(p, p->across), bottom = plot_y(p, 0), top = plot_y(p, p->up);
    double step = p->across > 3 || p->up > 3 ? 1 : 0.2;
    fputs("<g class=\"grid\">\n", stream);
    for (int i = 0; i * step <= p->across + 1e-9; i++)
        fprintf(stream, "<path d=\"M%.1f %.1fV%.1f\"/><text x=\"%.1f\" y=\"%.1f\">%.1f</text>\n",
                plot_x(p, i * step), bottom, top, plot_x(p, i * step), bottom + 18, i * step);
    for (int i = 0; i * step <= p->up + 1e-9; i++)
        fprintf(stream,
                "<path d=\"M%d %.1fH%.1f\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">%.1f</text>\n",
                LEFT, plot_y(p, i * step), right, LEFT - 8, plot_y(p, i * step) + 4, i * step);
    fprintf(stream,
            "<text x=\"%.1f\" y=\"%d\">smoothing: true detail that is missing &rarr;</text>\n"
            "<text transform=\"translate(14 %.1f) rotate(-90)\">"
            "hallucination: detail made up &rarr;</text>\n</g>\n",
            (LEFT + right) / 2, HEIGHT - 10, (top + bottom) / 2);
}

/* Quarter circles of equal detail error around the truth, clipped to the plot. */
static void print_arcs(FILE *stream, const Plot *p)
{
    fprintf(stream,
            "<clipPath id=\"inside\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
            "</clipPath>\n<g class=\"arcs\" clip-path=\"url(#inside)\">\n",
            LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    for (int i = 1; i <= 6; i++)
        fprintf(stream, "<ellipse cx=\"%d\" cy=\"%d\" rx=\"%.1f\" ry=\"%.1f\"/>\n", LEFT,
                HEIGHT - BOTTOM, plot_x(p, i * 0.25) - LEFT, HEIGHT - BOTTOM - plot_y(p, i * 0.25));
    fputs("</g>\n", stream);
}

static bool is_free(const Plot *p, Box box)
{
    if (box.left < LEFT || box.right > WIDTH || box.top < 0 || box.bottom > HEIGHT - BOTTOM)
        return false;
    for (int i = 0; i < p->boxes; i++)
        if (box.left < p->taken[i].right && box.right > p->taken[i].left &&
            box.top < p->taken[i].bottom && box.bottom > p->taken[i].top)
            return false;
    return true;
}

/* The nearest free place for a label of `width` around (x, y): rings of growing distance. */
static Box place_label(const Plot *p, double x, double y, double width)
{
    static const double ANGLES[] = {0, 180, 45, -45, 135, -135, 90, -90, 22, -22, 158, -158};
    Box box = {x + MARK, y - LINE / 2, x + MARK + width, y + LINE / 2};
    for (double distance = MARK + 5; distance < 160; distance += 6)
        for (size_t i = 0; i < sizeof ANGLES / sizeof *ANGLES; i++) {
            double angle = ANGLES[i] * acos(-1) / 180;
            double cx = x + cos(angle) * (distance + width / 2);
            double cy = y - sin(angle) * (distance + LINE / 2);
            Box tried = {cx - width / 2, cy - LINE / 2, cx + width / 2, cy + LINE / 2};
            if (is_free(p, tried))
                return tried;
        }
    return box;
}

static size_t letters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void print_method(FILE *stream, Plot *p, const char *name, const char *kind,
                         double smoothing, double hallucination)
{
    double x = plot_x(p, smoothing), y = plot_y(p, hallucination);
    Box box = place_label(p, x, y, (double)letters(name) * LETTER);
    double cx = (box.left + box.right) / 2, cy = (box.top + box.bottom) / 2;
    p->taken[p->boxes++] = box;
    fprintf(stream, "<g class=\"%s\">", kind);
    if (fabs(cy - y) > 1.6 * LINE)
        fprintf(stream, "<path class=\"leader\" d=\"M%.1f %.1fL%.1f %.1f\"/>", x, y, cx,
                cy + (cy < y ? LINE / 2 - 2 : 2 - LINE / 2));
    fprintf(stream, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\"><title>", x, y, MARK);
    html_text(stream, name);
    fprintf(stream,
            ": smoothing %.3f, hallucination %.3f</title></circle>"
            "<text x=\"%.1f\" y=\"%.1f\">",
            smoothing, hallucination, cx, cy + 4.5);
    html_text(stream, name);
    fputs("</text></g>\n", stream);
}

static void take_mark(Plot *p, double smoothing, double hallucination)
{
    double x = plot_x(p, smoothing), y = plot_y(p, hallucination);
    p->taken[p->boxes++] = (Box){x - MARK, y - MARK, x + MARK, y + MARK};
}

void report_plane(FILE *stream, const Results *r)
{
    Plot p = {.across = axis_end(r, METRIC_SMOOTHING, 1),
              .up = axis_end(r, METRIC_HALLUCINATION, 0.6)};
    p.taken = memory_array((size_t)r->methods->count * 2 + 2, sizeof *p.taken);
    take_mark(&p, 0, 0);
    for (int k = 0; k < r->methods->count; k++)
        take_mark(&p, results_mean(r, k, METRIC_SMOOTHING, NULL),
                  results_mean(r, k, METRIC_HALLUCINATION, NULL));
    fprintf(stream,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Smoothing against "
            "hallucination of every method\">\n",
            WIDTH, HEIGHT);
    print_grid(stream, &p);
    print_arcs(stream, &p);
    print_method(stream, &p, "the truth", "truth", 0, 0);
    for (int k = 0; k < r->methods->count; k++) {
        double smoothing = results_mean(r, k, METRIC_SMOOTHING, NULL);
        double hallucination = results_mean(r, k, METRIC_HALLUCINATION, NULL);
        if (!isnan(smoothing) && !isnan(hallucination))
            print_method(stream, &p, r->methods->items[k].name, r->methods->items[k].kind,
                         smoothing, hallucination);
    }
    fputs("</svg>\n", stream);
    free(p.taken);
}
