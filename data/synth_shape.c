#include "data/synth_parts.h"

static const float TURN = 6.28318531f;

static ShapeKind draw_kind(Random *random)
{
    static const float SHARES[SHAPE_KINDS] = {
        [SHAPE_ELLIPSE] = 0.22f, [SHAPE_BLOB] = 0.22f, [SHAPE_POLYGON] = 0.26f,
        [SHAPE_BAR] = 0.20f,     [SHAPE_RING] = 0.05f, [SHAPE_FRAME] = 0.05f};
    float u = (float)random_uniform(random);
    for (int kind = 0; kind < SHAPE_KINDS - 1; kind++) {
        if (u < SHARES[kind])
            return (ShapeKind)kind;
        u -= SHARES[kind];
    }
    return SHAPE_FRAME;
}

/* The radius is 1 + sum over k of even[k] cos(k angle) + odd[k] sin(k angle). */
static void draw_blob(Shape *s, Random *random)
{
    float strength = draw_range(random, 0.05, 0.5);
    for (int k = 2; k <= 4; k++) {
        s->even[k] = (float)random_normal(random) * strength / (float)k;
        s->odd[k] = (float)random_normal(random) * strength / (float)k;
    }
}

static void draw_polygon(Shape *s, Random *random, float radius)
{
    s->sides = 3 + (int)random_below(random, 5);
    float regular = draw_range(random, 0, 0.5);
    for (int i = 0; i < s->sides; i++) {
        float jitter = draw_range(random, -0.5, 0.5) * regular;
        float angle = TURN * ((float)i + jitter) / (float)s->sides;
        s->nx[i] = cosf(angle);
        s->ny[i] = sinf(angle);
        s->distance[i] = radius * draw_range(random, 0.6, 1);
    }
    for (int i = s->sides; i < 8; i++) {
        s->nx[i] = s->nx[0];
        s->ny[i] = s->ny[0];
        s->distance[i] = s->distance[0];
    }
    s->a = s->b = 2.2f * radius; /* an acute corner reaches beyond the sides' distance */
}

static void draw_bar(Shape *s, Random *random, float radius)
{
    float slender = expf(draw_range(random, log(3), log(40)));
    s->a = radius * sqrtf(slender);
    s->b = larger(radius / sqrtf(slender), 1);
    s->rounding = draw_chance(random, 0.6) ? s->b : 0;
    if (draw_chance(random, 0.4))
        s->bend = draw_range(random, -0.5, 0.5) / s->a;
    if (draw_chance(random, 0.3)) {
        s->wave = s->b * draw_range(random, 0.3, 2);
        s->frequency = TURN / (s->b * draw_range(random, 6, 20));
        s->phase = draw_range(random, 0, TURN);
    }
}

Shape shape_draw(Random *random, float x, float y, float radius)
{
    float angle = draw_range(random, 0, TURN);
    if (draw_chance(random, 0.25)) /* horizontals and verticals are more frequent than chance */
        angle = TURN / 4 * (float)random_below(random, 4) + draw_range(random, -0.03, 0.03);
    Shape s = {
        .kind = draw_kind(random), .x = x, .y = y, .cosine = cosf(angle), .sine = sinf(angle)};
    float flat = sqrtf(draw_range(random, 0.3, 1));
    s.a = radius / flat;
    s.b = radius * flat;
    s.thickness = larger(radius * draw_range(random, 0.03, 0.3), 1);
    if (s.kind == SHAPE_BLOB)
        draw_blob(&s, random);
    else if (s.kind == SHAPE_POLYGON)
        draw_polygon(&s, random, radius);
    else if (s.kind == SHAPE_BAR)
        draw_bar(&s, random, radius);
    return s;
}

void shape_box(const Shape *s, float *half_width, float *half_height)
{
    float a = s->a + s->thickness, b = s->b + s->thickness;
    if (s->kind == SHAPE_BLOB)
        a = b = 2 * larger(a, b);
    if (s->kind == SHAPE_BAR)
        b += fabsf(s->bend) * a * a + s->wave;
    *half_width = fabsf(s->cosine) * a + fabsf(s->sine) * b;
    *half_height = fabsf(s->sine) * a + fabsf(s->cosine) * b;
}

static inline float ellipse(const Shape *s, float u, float v)
{
    float p = u / s->a, q = v / s->b;
    return (sqrtf(p * p + q * q) - 1) * smaller(s->a, s->b);
}

static inline float blob(const Shape *s, float u, float v)
{
    float p = u / s->a, q = v / s->b, r = sqrtf(p * p + q * q) + 1e-6f;
    float c = p / r, d = q / r; /* cosine and sine of the angle, then of its multiples */
    float c2 = c * c - d * d, d2 = 2 * c * d, c3 = c2 * c - d2 * d, d3 = d2 * c + c2 * d;
    float c4 = c2 * c2 - d2 * d2, d4 = 2 * c2 * d2;
    float edge = 1 + s->even[2] * c2 + s->odd[2] * d2 + s->even[3] * c3 + s->odd[3] * d3 +
                 s->even[4] * c4 + s->odd[4] * d4;
    return (r - smaller(larger(edge, 0.15f), 2)) * smaller(s->a, s->b);
}

static inline float polygon(const Shape *s, float u, float v)
{
    float d = -1e9f;
    for (int i = 0; i < 8; i++)
        d = larger(d, s->nx[i] * u + s->ny[i] * v - s->distance[i]);
    return larger(d, larger(fabsf(u) - s->a, fabsf(v) - s->b));
}

static inline float box(float u, float v, float a, float b, float rounding)
{
    float p = fabsf(u) - a + rounding, q = fabsf(v) - b + rounding;
    float outside = sqrtf(larger(p, 0) * larger(p, 0) + larger(q, 0) * larger(q, 0));
    return outside + smaller(larger(p, q), 0) - rounding;
}

static inline float bar(const Shape *s, float u, float v)
{
    v -= s->bend * u * u;
    if (s->wave > 0)
        v -= s->wave * sinf(s->frequency * u + s->phase);
    return box(u, v, s->a, s->b, s->rounding);
}

static inline float ring(const Shape *s, float u, float v)
{
    return fabsf(ellipse(s, u, v)) - s->thickness;
}

static inline float frame(const Shape *s, float u, float v)
{
    return fabsf(box(u, v, s->a, s->b, 0)) - s->thickness;
}

/* Inlined with a known function, so that most kinds become vector loops. */
static inline __attribute__((always_inline)) void
measure(const Shape *s, int x0, int y, int count, float *distances,
        float (*distance)(const Shape *, float, float))
{
    float dy = (float)y - s->y;
    for (int i = 0; i < count; i++) {
        float dx = (float)(x0 + i) - s->x;
        distances[i] = distance(s, s->cosine * dx + s->sine * dy, s->cosine * dy - s->sine * dx);
    }
}

void shape_row(const Shape *s, int x0, int y, int count, float *distances)
{
    switch (s->kind) {
    case SHAPE_ELLIPSE:
        measure(s, x0, y, count, distances, ellipse);
        break;
    case SHAPE_BLOB:
        measure(s, x0, y, count, distances, blob);
        break;
    case SHAPE_POLYGON:
        measure(s, x0, y, count, distances, polygon);
        break;
    case SHAPE_BAR:
        measure(s, x0, y, count, distances, bar);
        break;
    case SHAPE_RING:
        measure(s, x0, y, count, distances, ring);
        break;
    case SHAPE_FRAME:
    case SHAPE_KINDS:
        measure(s, x0, y, count, distances, frame);
        break;
    }
}
