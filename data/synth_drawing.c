/* Procedural line art: outlines, hatching, curls and flat fills. */
#include "data/synth_parts.h"

enum { OUTLINE = 64, CURVE = 24, ORDERS = 4 };

static const float PI = 3.14159265f;

typedef struct Sheet {
    Canvas canvas;
    Random random;
    Colour paper, ink;
    Colour colours[6];
    float pen;    /* canvas pixels */
    float swell;  /* how much lines thin out */
    bool filled;  /* flat colours between the lines */
    bool shading; /* hatching */
    float unit;   /* the lesser extent */
} Sheet;

static Colour draw_colour(Random *random)
{
    Colour c;
    for (int i = 0; i < 3; i++)
        c.rgb[i] = draw_range(random, 30, 250);
    return c;
}

static void prepare(Sheet *s, int width, int height)
{
    Random *r = &s->random;
    float white = draw_range(r, 225, 255), black = draw_range(r, 0, 60);
    bool pure = draw_chance(r, 0.5);
    s->paper = pure ? (Colour){{255, 255, 255}} : (Colour){{white, white - 4, white - 14}};
    s->ink = pure ? (Colour){{0, 0, 0}} : (Colour){{black, black, black + 10}};
    for (int i = 0; i < 6; i++)
        s->colours[i] = draw_colour(r);
    s->filled = draw_chance(r, 0.5);
    s->shading = draw_chance(r, 0.4);
    s->pen = expf(draw_range(r, 0.8, 2.1));
    s->swell = draw_chance(r, 0.6) ? draw_range(r, 0.3, 1) : 0;
    if (s->filled && draw_chance(r, 0.5))
        s->paper = s->colours[5];
    s->canvas = canvas_new(width, height, s->paper);
    s->unit = (float)(s->canvas.width < s->canvas.height ? s->canvas.width : s->canvas.height);
}

/* A closed line around (x, y): a circle that varies, or a polygon. */
static void outline(Sheet *s, float x, float y, float radius, Point *points)
{
    float even[ORDERS] = {0}, odd[ORDERS] = {0}, squash = draw_range(&s->random, 0.4, 1);
    float turn = draw_range(&s->random, 0, PI);
    for (int k = 0; k < ORDERS; k++) {
        even[k] = draw_range(&s->random, -0.3, 0.3) / (float)(k + 1);
        odd[k] = draw_range(&s->random, -0.3, 0.3) / (float)(k + 1);
    }
    int sides = draw_chance(&s->random, 0.3) ? 3 + (int)random_below(&s->random, 5) : OUTLINE;
    for (int i = 0; i < OUTLINE; i++) {
        float angle = 2 * PI * floor_near((float)(i * sides / OUTLINE)) / (float)sides, r = 1;
        for (int k = 0; k < ORDERS && sides == OUTLINE; k++)
            r += even[k] * cosf((float)(k + 2) * angle) + odd[k] * sinf((float)(k + 2) * angle);
        float u = radius * r * cosf(angle), v = radius * r * squash * sinf(angle);
        points[i] =
            (Point){x + u * cosf(turn) - v * sinf(turn), y + u * sinf(turn) + v * cosf(turn)};
    }
}

/* Parallel lines inside a closed line. */
static void hatch(Sheet *s, const Point *points)
{
    float angle = draw_range(&s->random, 0, PI), gap = s->pen * draw_range(&s->random, 2, 6);
    float dx = cosf(angle), dy = sinf(angle), low = 1e9f, high = -1e9f;
    for (int i = 0; i < OUTLINE; i++) {
        float across = points[i].y * dx - points[i].x * dy;
        low = smaller(low, across);
        high = larger(high, across);
    }
    for (float at = low + gap; at < high; at += gap) {
        float ends[2] = {1e9f, -1e9f};
        for (int i = 0; i < OUTLINE; i++) {
            Point a = points[i], b = points[(i + 1) % OUTLINE];
            float p = a.y * dx - a.x * dy - at, q = b.y * dx - b.x * dy - at;
            if ((p <= 0) == (q <= 0))
                continue;
            float t = p / (p - q), along = a.x * dx + a.y * dy;
            along += t * (b.x * dx + b.y * dy - along);
            ends[0] = smaller(ends[0], along);
            ends[1] = larger(ends[1], along);
        }
        Point line[2] = {{ends[0] * dx - at * dy, ends[0] * dy + at * dx},
                         {ends[1] * dx - at * dy, ends[1] * dy + at * dx}};
        if (ends[1] > ends[0])
            canvas_stroke(&s->canvas, line, 2, s->pen * 0.5f, 0, s->ink);
    }
}

static void figure(Sheet *s)
{
    Point points[OUTLINE + 1];
    float radius = s->unit * expf(draw_range(&s->random, -3.2, -0.9));
    outline(s, draw_range(&s->random, 0, s->canvas.width),
            draw_range(&s->random, 0, s->canvas.height), radius, points);
    points[OUTLINE] = points[0];
    /* Figures hide what is behind them. */
    canvas_fill(&s->canvas, points, OUTLINE,
                s->filled ? s->colours[random_below(&s->random, 6)] : s->paper);
    if (s->shading && draw_chance(&s->random, 0.4))
        hatch(s, points);
    canvas_stroke(&s->canvas, points, OUTLINE + 1, s->pen, 0, s->ink);
}

/* A strand: a line that bends more and more, with others beside it. */
static void strands(Sheet *s)
{
    int count = 1 + (int)random_below(&s->random, 9);
    float x = draw_range(&s->random, 0, s->canvas.width),
          y = draw_range(&s->random, 0, s->canvas.height);
    float angle = draw_range(&s->random, 0, 2 * PI), bend = draw_range(&s->random, -0.15, 0.15);
    float more = draw_range(&s->random, -0.01, 0.01);
    float step = s->unit * expf(draw_range(&s->random, -4.6, -3.0));
    float gap = s->pen * draw_range(&s->random, 1.5, 5);
    for (int k = 0; k < count; k++) {
        Point points[CURVE];
        float heading = angle, px = x - (float)k * gap * sinf(angle),
              py = y + (float)k * gap * cosf(angle);
        for (int i = 0; i < CURVE; i++) {
            points[i] = (Point){px, py};
            heading += bend + more * (float)i;
            px += step * cosf(heading);
            py += step * sinf(heading);
        }
        canvas_stroke(&s->canvas, points, CURVE, s->pen * draw_range(&s->random, 0.5, 1.2),
                      s->swell, s->ink);
    }
}

Image drawing_picture(uint64_t seed, uint32_t index, int width, int height)
{
    Sheet s = {.random = random_stream(seed, RANDOM_SYNTH, index, 2)};
    prepare(&s, width, height);
    int figures = 4 + (int)random_below(&s.random, 26),
        lines = 4 + (int)random_below(&s.random, 22);
    double share = (double)figures / (figures + lines);
    for (int i = 0; i < figures + lines; i++)
        if (draw_chance(&s.random, share))
            figure(&s);
        else
            strands(&s);
    return canvas_develop(&s.canvas);
}
