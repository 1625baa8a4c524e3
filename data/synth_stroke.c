#include "data/synth_parts.h"

static const float TURN = 6.28318531f;

/* A curve from `from` to `to`, pulled towards `bend`, its width going from `begin` to `end`. */
typedef struct Stroke {
    Point from, bend, to;
    float begin, end;
    Colour colour;
} Stroke;

static int clamp_int(float v, int most)
{
    return v < 0 ? 0 : v > (float)most ? most : (int)v;
}

static void blend(Canvas *canvas, int x, int y, const Colour *colour, float cover)
{
    float *p = canvas->rgb + ((size_t)y * (size_t)canvas->width + (size_t)x) * 3;
    for (int c = 0; c < 3; c++)
        p[c] += cover * (colour->rgb[c] - p[c]);
}

/* A straight piece with round ends of half widths a and b. */
static void draw_piece(Canvas *canvas, Point p, Point q, float a, float b, const Colour *colour)
{
    float reach = larger(a, b) + 1, dx = q.x - p.x, dy = q.y - p.y;
    float square = larger(dx * dx + dy * dy, 1e-6f);
    int left = clamp_int(smaller(p.x, q.x) - reach, canvas->width);
    int right = clamp_int(larger(p.x, q.x) + reach + 1, canvas->width);
    int top = clamp_int(smaller(p.y, q.y) - reach, canvas->height);
    int bottom = clamp_int(larger(p.y, q.y) + reach + 1, canvas->height);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) {
            float ex = (float)x - p.x, ey = (float)y - p.y;
            float t = smaller(larger((ex * dx + ey * dy) / square, 0), 1);
            ex -= t * dx;
            ey -= t * dy;
            float cover = a + t * (b - a) + 0.5f - sqrtf(ex * ex + ey * ey);
            if (cover > 0)
                blend(canvas, x, y, colour, smaller(cover, 1));
        }
}

static Point stroke_point(const Stroke *s, float t)
{
    float a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
    return (Point){a * s->from.x + b * s->bend.x + c * s->to.x,
                   a * s->from.y + b * s->bend.y + c * s->to.y};
}

static void draw_stroke(Canvas *canvas, const Stroke *s)
{
    float length = hypotf(s->bend.x - s->from.x, s->bend.y - s->from.y) +
                   hypotf(s->to.x - s->bend.x, s->to.y - s->bend.y);
    int pieces = 1 + clamp_int(length / 10, 30);
    Point before = s->from;
    for (int i = 1; i <= pieces; i++) {
        float t = (float)i / (float)pieces, u = (float)(i - 1) / (float)pieces;
        Point next = stroke_point(s, t);
        draw_piece(canvas, before, next, s->begin + u * (s->end - s->begin),
                   s->begin + t * (s->end - s->begin), &s->colour);
        before = next;
    }
}

/* Lines of marks: where they begin, which way they run, and how large they are. */
typedef struct Script {
    Point origin;
    float cosine, sine, size, width, slant;
    Colour ink;
} Script;

static Point place(const Script *s, float u, float v)
{
    u += s->slant * (1 - v);
    return (Point){s->origin.x + s->size * (s->cosine * u - s->sine * v),
                   s->origin.y + s->size * (s->sine * u + s->cosine * v)};
}

/* Two to four strokes between points of a 3 x 4 grid, straight or curved: no letter of any script,
 * but its corners, joints and counters. The glyph's left edge is at `u`, in glyph heights. */
static void draw_glyph(Canvas *canvas, Random *random, const Script *s, float u, float v)
{
    int strokes = 2 + (int)random_below(random, 3);
    float from_u = (float)random_below(random, 3), from_v = (float)random_below(random, 4);
    for (int i = 0; i < strokes; i++) {
        float to_u = (float)random_below(random, 3), to_v = (float)random_below(random, 4);
        if (draw_chance(random, 0.5)) /* uprights are the most frequent strokes */
            to_u = from_u, to_v = from_v < 2 ? 3 : 0;
        Point from = place(s, u + from_u * 0.25f, v + from_v / 3);
        Point to = place(s, u + to_u * 0.25f, v + to_v / 3), bend;
        bend = (Point){(from.x + to.x) / 2, (from.y + to.y) / 2};
        if (draw_chance(random, 0.4)) {
            float side = draw_range(random, -0.6, 0.6);
            bend.x += side * (to.y - from.y);
            bend.y -= side * (to.x - from.x);
        }
        draw_stroke(canvas, &(Stroke){from, bend, to, s->width, s->width, s->ink});
        if (draw_chance(random, 0.7))
            from_u = to_u, from_v = to_v;
        else
            from_u = (float)random_below(random, 3), from_v = (float)random_below(random, 4);
    }
}

/* Ink that can be told from what lies below the origin. */
static Colour draw_ink(const Canvas *canvas, Random *random, const Palette *palette, Point at)
{
    int x = clamp_int(at.x, canvas->width - 1), y = clamp_int(at.y, canvas->height - 1);
    Colour below, ink = palette_pick(palette, random);
    for (int c = 0; c < 3; c++)
        below.rgb[c] = canvas->rgb[((size_t)y * (size_t)canvas->width + (size_t)x) * 3 + (size_t)c];
    float extreme = colour_luminance(below) > 127 ? 10 : 245;
    return colour_mix(ink, (Colour){{extreme, extreme, extreme}}, draw_range(random, 0.4, 1));
}

void text_draw(Canvas *canvas, Random *random, const Palette *palette)
{
    Script s = {.size = expf(draw_range(random, log(14), log(90)))};
    float angle = draw_chance(random, 0.5) ? 0 : draw_range(random, -0.6, 0.6);
    s.cosine = cosf(angle);
    s.sine = sinf(angle);
    s.width = larger(s.size * draw_range(random, 0.03, 0.1), 0.7f);
    s.slant = draw_chance(random, 0.3) ? draw_range(random, 0, 0.3) : 0;
    s.origin.x = draw_range(random, -0.2, 0.9) * (float)canvas->width;
    s.origin.y = draw_range(random, -0.1, 0.95) * (float)canvas->height;
    s.ink = draw_ink(canvas, random, palette, s.origin);
    int lines = 1 + (int)random_below(random, 5);
    for (int line = 0; line < lines; line++) {
        int glyphs = 3 + (int)random_below(random, 20);
        float u = 0;
        for (int i = 0; i < glyphs; i++) {
            draw_glyph(canvas, random, &s, u, 1.5f * (float)line);
            u += draw_chance(random, 0.15) ? 1.2f : 0.8f;
        }
    }
}

void tuft_draw(Canvas *canvas, Random *random, const Palette *palette)
{
    float size = expf(draw_range(random, log(20), log(300)));
    float direction = draw_range(random, 0, TURN), spread = draw_range(random, 0.05, 0.6);
    float thick = draw_range(random, 0.5, smaller(0.8f + size / 60, 3.5f));
    float curl = draw_range(random, -0.6, 0.6);
    Point centre = {draw_range(random, 0, canvas->width), draw_range(random, 0, canvas->height)};
    Colour base = palette_pick(palette, random), tip = palette_pick(palette, random);
    int hairs = 10 + (int)random_below(random, 120);
    for (int i = 0; i < hairs; i++) {
        float angle = direction + spread * (float)random_normal(random);
        float length = size * draw_range(random, 0.5, 1.2);
        float side = length * (curl + 0.2f * (float)random_normal(random));
        float c = cosf(angle), d = sinf(angle);
        Stroke s = {.begin = thick * draw_range(random, 0.6, 1.2), .end = 0.3f};
        s.from.x = centre.x + 0.5f * size * (float)random_normal(random);
        s.from.y = centre.y + 0.5f * size * (float)random_normal(random);
        s.bend = (Point){s.from.x + 0.5f * length * c, s.from.y + 0.5f * length * d};
        s.to = (Point){s.from.x + length * c - side * d, s.from.y + length * d + side * c};
        s.colour = colour_mix(base, tip, draw_range(random, 0, 1));
        float light = (float)random_normal(random) * 14;
        for (int k = 0; k < 3; k++)
            s.colour.rgb[k] += light;
        draw_stroke(canvas, &s);
    }
}
