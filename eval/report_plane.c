/* The plane of smoothing against hallucination, as SVG. Labels are put where they cover neither
 * marks nor lines nor other labels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "eval/report_labels.h"
#include "eval/report_parts.h"

enum { WIDTH = PLANE_WIDTH, HEIGHT = PLANE_HEIGHT, LEFT = 52, RIGHT = 16, TOP = 14, BOTTOM = 52 };
static const double MARK = 6, DOT = 3, PIECE = 7;

/* A method in the plane, in pixels. */
typedef struct Spot {
    double x, y;                     /* NAN where it has no place */
    double left, right, top, bottom; /* ends of its intervals; NAN: none */
    bool front;                      /* no method beats it both ways */
} Spot;

typedef struct Plot {
    const Results *results;
    double across, up; /* the axes' ends */
    Spot *spots;       /* per method */
    Labels labels;     /* keep off marks and lines */
} Plot;

static double plot_x(const Plot *p, double smoothing)
{
    return LEFT + smoothing / p->across * (WIDTH - LEFT - RIGHT);
}

static double plot_y(const Plot *p, double hallucination)
{
    return HEIGHT - BOTTOM - hallucination / p->up * (HEIGHT - TOP - BOTTOM);
}

/* ---- Where everything is ----------------------------------------------------------------------
 */

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

static double within(double value, double end)
{
    return value < 0 ? 0 : value > end ? end : value;
}

static Spot spot_of(const Plot *p, int method)
{
    Interval s = results_interval(p->results, method, METRIC_SMOOTHING);
    Interval h = results_interval(p->results, method, METRIC_HALLUCINATION);
    bool known = !isnan(s.low) && !isnan(h.low);
    return (Spot){.x = plot_x(p, results_mean(p->results, method, METRIC_SMOOTHING, NULL)),
                  .y = plot_y(p, results_mean(p->results, method, METRIC_HALLUCINATION, NULL)),
                  .left = known ? plot_x(p, within(s.low, p->across)) : NAN,
                  .right = known ? plot_x(p, within(s.high, p->across)) : NAN,
                  .top = known ? plot_y(p, within(h.high, p->up)) : NAN,
                  .bottom = known ? plot_y(p, within(h.low, p->up)) : NAN};
}

static bool is_placed(const Spot *s)
{
    return !isnan(s->x) && !isnan(s->y);
}

/* Better is to the left and below. */
static bool is_beaten(const Plot *p, int method)
{
    const Spot *s = &p->spots[method];
    for (int k = 0; k < p->results->methods->count; k++) {
        const Spot *other = &p->spots[k];
        if (is_placed(other) && other->x <= s->x && other->y >= s->y &&
            (other->x < s->x || other->y > s->y))
            return true;
    }
    return false;
}

static void take_line(Plot *p, double x1, double y1, double x2, double y2)
{
    int pieces = 1 + (int)(hypot(x2 - x1, y2 - y1) / PIECE);
    for (int i = 0; i <= pieces; i++) {
        double x = x1 + (x2 - x1) * i / pieces, y = y1 + (y2 - y1) * i / pieces;
        labels_avoid(&p->labels, x - 2, y - 2, x + 2, y + 2);
    }
}

static void take_spot(Plot *p, const Spot *s, double mark)
{
    labels_avoid(&p->labels, s->x - mark, s->y - mark, s->x + mark, s->y + mark);
    if (isnan(s->left))
        return;
    labels_avoid(&p->labels, s->left, s->y - 1, s->right, s->y + 1);
    labels_avoid(&p->labels, s->x - 1, s->top, s->x + 1, s->bottom);
}

static Plot plot_new(const Results *r)
{
    Plot p = {.results = r,
              .labels = {.frame = {LEFT, 0, WIDTH, HEIGHT - BOTTOM}, .distance = MARK + 5},
              .across = axis_end(r, METRIC_SMOOTHING, 1),
              .up = axis_end(r, METRIC_HALLUCINATION, 0.6)};
    p.spots = memory_array((size_t)r->methods->count, sizeof *p.spots);
    for (int k = 0; k < r->methods->count; k++)
        p.spots[k] = spot_of(&p, k);
    labels_avoid(&p.labels, plot_x(&p, 0) - MARK, plot_y(&p, 0) - MARK, plot_x(&p, 0) + MARK,
                 plot_y(&p, 0) + MARK);
    for (int k = 0; k < r->methods->count; k++) {
        p.spots[k].front = is_placed(&p.spots[k]) && !is_beaten(&p, k);
        if (is_placed(&p.spots[k]))
            take_spot(&p, &p.spots[k], method_is(r, k, "blend") ? DOT : MARK + 3);
    }
    return p;
}

/* ---- What lies behind the marks ---------------------------------------------------------------
 */

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
            "<text x=\"%.1f\" y=\"%d\">smoothing: true detail that is missing &#8594;</text>\n"
            "<text transform=\"translate(14 %.1f) rotate(-90)\">"
            "hallucination: detail made up &#8594;</text>\n</g>\n",
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

static int compare_spots(const void *a, const void *b)
{
    const Spot *left = a, *right = b;
    return left->x < right->x ? -1 : left->x > right->x;
}

/* A staircase: whatever lies above and to the right of it is beaten by something both ways. */
static void print_front(FILE *stream, Plot *p)
{
    Spot *front = memory_array((size_t)p->results->methods->count, sizeof *front);
    int count = 0;
    for (int k = 0; k < p->results->methods->count; k++)
        if (p->spots[k].front)
            front[count++] = p->spots[k];
    qsort(front, (size_t)count, sizeof *front, compare_spots);
    if (count > 0)
        fprintf(stream, "<path class=\"front\" d=\"M%.1f %dV%.1f", front[0].x, TOP, front[0].y);
    for (int i = 1; i < count; i++)
        fprintf(stream, "H%.1fV%.1f", front[i].x, front[i].y);
    if (count > 0)
        fprintf(stream, "H%d\"/>\n", WIDTH - RIGHT);
    free(front);
}

static void print_curve(FILE *stream, Plot *p)
{
    int *path = memory_array((size_t)p->results->methods->count, sizeof *path);
    int steps = blend_path(p->results->methods, path);
    const Spot *last = NULL;
    if (steps > 0)
        fputs("<path class=\"curve\" d=\"", stream);
    for (int i = 0; i < steps; i++) {
        const Spot *s = &p->spots[path[i]];
        if (!is_placed(s))
            continue;
        fprintf(stream, "%c%.1f %.1f", last ? 'L' : 'M', s->x, s->y);
        if (last)
            take_line(p, last->x, last->y, s->x, s->y);
        last = s;
    }
    if (steps > 0)
        fputs("\"/>\n", stream);
    free(path);
}

/* ---- Marks and labels -------------------------------------------------------------------------
 */

static void print_label(FILE *stream, Plot *p, const char *name, double x, double y)
{
    Box box = labels_place(&p->labels, name, x, y);
    double cx = (box.left + box.right) / 2, cy = (box.top + box.bottom) / 2;
    if (fabs(cy - y) > 1.6 * LABEL_HEIGHT ||
        fabs(cx - x) > (box.right - box.left) / 2 + 2 * LABEL_HEIGHT)
        fprintf(stream, "<path class=\"leader\" d=\"M%.1f %.1fL%.1f %.1f\"/>", x, y,
                within(x - box.left, box.right - box.left) + box.left,
                cy + (cy < y - LABEL_HEIGHT   ? LABEL_HEIGHT / 2 - 2
                      : cy > y + LABEL_HEIGHT ? 2 - LABEL_HEIGHT / 2
                                              : 0));
    fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\">", cx, cy + 4.5);
    html_text(stream, name);
    fputs("</text>", stream);
}

static void print_cross(FILE *stream, const Spot *s)
{
    if (!isnan(s->left))
        fprintf(stream, "<path class=\"cross\" d=\"M%.1f %.1fH%.1fM%.1f %.1fV%.1f\"/>", s->left,
                s->y, s->right, s->x, s->top, s->bottom);
}

/* A circle for a model, a square for a baseline, a diamond for pictures of another program. */
static void print_mark(FILE *stream, const Plot *p, int method)
{
    const Results *r = p->results;
    const Spot *s = &p->spots[method];
    if (s->front)
        fprintf(stream, "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\"/>", s->x, s->y,
                MARK + 3.5);
    if (method_is(r, method, "baseline"))
        fprintf(stream, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\">",
                s->x - MARK + 1, s->y - MARK + 1, 2 * MARK - 2, 2 * MARK - 2);
    else if (method_is(r, method, "images"))
        fprintf(stream, "<path class=\"mark\" d=\"M%.1f %.1fl%.0f %.0fl-%.0f %.0fl-%.0f-%.0fz\">",
                s->x, s->y - MARK - 1, MARK + 1, MARK + 1, MARK + 1, MARK + 1, MARK + 1, MARK + 1);
    else
        fprintf(stream, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\">", s->x, s->y, MARK);
    fputs("<title>", stream);
    html_text(stream, r->methods->items[method].name);
    fprintf(stream, ": smoothing %.3f, hallucination %.3f%s</title>",
            results_mean(r, method, METRIC_SMOOTHING, NULL),
            results_mean(r, method, METRIC_HALLUCINATION, NULL),
            s->front ? "; nothing beats it both ways" : "");
    fputs(method_is(r, method, "baseline") ? "</rect>"
          : method_is(r, method, "images") ? "</path>"
                                           : "</circle>",
          stream);
}

static void print_method(FILE *stream, Plot *p, int method)
{
    const Spot *s = &p->spots[method];
    fputs("<g class=\"", stream);
    html_method(stream, p->results, method);
    fputs(s->front ? " best\">" : "\">", stream);
    print_cross(stream, s);
    print_mark(stream, p, method);
    print_label(stream, p, p->results->methods->items[method].name, s->x, s->y);
    fputs("</g>\n", stream);
}

/* The curve's points, and the mark that the dial moves along them. */
static void print_steps(FILE *stream, const Plot *p)
{
    int *path = memory_array((size_t)p->results->methods->count, sizeof *path);
    int steps = blend_path(p->results->methods, path);
    if (steps > 0)
        fputs("<g class=\"blend\">\n", stream);
    for (int i = 0; i < steps; i++) {
        const Spot *s = &p->spots[path[i]];
        if (is_placed(s))
            fprintf(stream,
                    "<circle class=\"step\" data-step=\"%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\">"
                    "<title>blend at %.2f</title></circle>\n",
                    i, s->x, s->y, DOT, blend_alpha(p->results->methods, path, i));
    }
    if (steps > 0)
        fputs("<circle class=\"turned\" r=\"9\" visibility=\"hidden\"/>\n</g>\n", stream);
    free(path);
}

void report_plane(FILE *stream, const Page *page)
{
    Plot p = plot_new(page->results);
    fprintf(stream,
            "<svg id=\"plane\" viewBox=\"0 0 %d %d\" "
            "role=\"img\" aria-label=\"Smoothing against hallucination of every method\">\n",
            WIDTH, HEIGHT);
    print_grid(stream, &p);
    print_arcs(stream, &p);
    print_front(stream, &p);
    print_curve(stream, &p);
    print_steps(stream, &p);
    fprintf(stream, "<g class=\"truth\"><circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.0f\"/>",
            plot_x(&p, 0), plot_y(&p, 0), MARK);
    print_label(stream, &p, "the truth", plot_x(&p, 0), plot_y(&p, 0));
    fputs("</g>\n", stream);
    for (int k = 0; k < page->results->methods->count; k++)
        if (is_placed(&p.spots[k]) && !method_is(page->results, k, "blend"))
            print_method(stream, &p, k);
    fputs("</svg>\n", stream);
    labels_free(&p.labels);
    free(p.spots);
}
