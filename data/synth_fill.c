#include "data/synth_parts.h"

static const float TURN = 6.28318531f;

static FillKind draw_kind(Random *random)
{
    static const float SHARES[FILL_KINDS] = {
        [FILL_FLAT] = 0.16f,   [FILL_LINEAR] = 0.14f,  [FILL_RADIAL] = 0.08f,
        [FILL_NOISE] = 0.20f,  [FILL_STREAKS] = 0.14f, [FILL_STRIPES] = 0.14f,
        [FILL_CHECKS] = 0.04f, [FILL_DOTS] = 0.03f,    [FILL_SPECKLE] = 0.07f};
    float u = (float)random_uniform(random);
    for (int kind = 0; kind < FILL_KINDS - 1; kind++) {
        if (u < SHARES[kind])
            return (FillKind)kind;
        u -= SHARES[kind];
    }
    return FILL_SPECKLE;
}

static float draw_log(Random *random, double low, double high)
{
    return expf(draw_range(random, log(low), log(high)));
}

/* Edges of repeated figures are as sharp as the canvas allows, or soft. */
static void draw_period(Fill *f, Random *random)
{
    f->period = draw_log(random, f->kind == FILL_STRIPES ? 4 : 8, 60);
    f->duty = draw_range(random, 0.25, 0.75);
    f->slope = draw_chance(random, 0.6) ? f->period / 2 : draw_range(random, 0.6, 3);
    if (draw_chance(random, 0.5))
        f->bend = draw_range(random, -0.4, 0.4) / larger(f->size, 20);
    if (draw_chance(random, 0.5))
        f->wobble = f->period * draw_range(random, 0, 0.5);
}

static void draw_surface(Fill *f, Random *random)
{
    f->grain = -6 * logf(1 - draw_range(random, 0, 0.98));
    f->grain = draw_chance(random, 0.3) ? 0 : f->grain;
    if (draw_chance(random, 0.5)) {
        f->shade_x = draw_range(random, -0.4, 0.4) / f->size;
        f->shade_y = draw_range(random, -0.4, 0.4) / f->size;
    }
    if (draw_chance(random, 0.3)) {
        f->rim = draw_range(random, -0.3, 0.7);
        f->rim_width = f->size * draw_range(random, 0.1, 0.7);
    }
}

Fill fill_draw(Random *random, const Palette *palette, const Noise *noises, int noise_count,
               float x, float y, float size)
{
    float angle = draw_range(random, 0, TURN);
    Fill f = {.kind = draw_kind(random),
              .x = x,
              .y = y,
              .cosine = cosf(angle),
              .sine = sinf(angle),
              .size = larger(size, 2)};
    f.first = palette_pick(palette, random);
    float contrast = (float)random_uniform(random);
    contrast = 0.08f + 0.92f * (f.kind >= FILL_STRIPES ? contrast : contrast * contrast);
    f.second = colour_mix(f.first, palette_pick(palette, random), contrast);
    f.noise = &noises[random_below(random, (uint32_t)noise_count)];
    f.coarse = &noises[0];
    f.offset_u = draw_range(random, 0, NOISE_SIZE);
    f.offset_v = draw_range(random, 0, NOISE_SIZE);
    f.zoom = draw_log(random, 0.3, 1);
    f.stretch = f.kind == FILL_STREAKS ? f.zoom * draw_range(random, 0.03, 0.25) : f.zoom;
    draw_period(&f, random);
    draw_surface(&f, random);
    return f;
}

static float clip_unit(float t)
{
    return smaller(larger(t, 0), 1);
}

/* 0 on one band of each period, 1 on the other, with edges of the fill's steepness. */
static float band(const Fill *f, float position)
{
    float phase = position / f->period;
    float fold = fabsf(2 * (phase - floor_near(phase)) - 1);
    return clip_unit((fold - f->duty) * f->slope + 0.5f);
}

static float dots(const Fill *f, float u, float v)
{
    float p = u / f->period, q = v / f->period;
    p -= floor_near(p) + 0.5f;
    q -= floor_near(q) + 0.5f;
    float r = sqrtf(p * p + q * q);
    return clip_unit((0.5f * f->duty + 0.1f - r) * f->slope * 2 + 0.5f);
}

/* How much of the second colour is at (u, v), in the fill's own axes. */
static float pattern(const Fill *f, float u, float v, float texture)
{
    switch (f->kind) {
    case FILL_FLAT:
    case FILL_KINDS:
        return 0;
    case FILL_LINEAR:
        return clip_unit(0.5f + 0.5f * u / f->size);
    case FILL_RADIAL:
        return clip_unit(sqrtf(u * u + v * v) / f->size);
    case FILL_NOISE:
    case FILL_STREAKS:
        return 0.5f + 0.4f * texture;
    case FILL_SPECKLE:
        return clip_unit((texture + f->duty - 0.5f) * 3 + 0.5f);
    case FILL_STRIPES:
    case FILL_CHECKS:
    case FILL_DOTS:
        break;
    }
    u += f->bend * v * v;
    if (f->wobble > 0)
        u += f->wobble * noise_at(f->coarse, u * 0.06f + f->offset_v, v * 0.06f);
    if (f->kind == FILL_DOTS)
        return dots(f, u, v);
    float a = band(f, u);
    if (f->kind == FILL_STRIPES)
        return a;
    float b = band(f, v);
    return a + b - 2 * a * b;
}

static int needs_texture(const Fill *f)
{
    return f->grain > 0 || f->kind == FILL_NOISE || f->kind == FILL_STREAKS ||
           f->kind == FILL_SPECKLE;
}

void fill_row(const Fill *f, int x0, int y, int count, const float *distances, Colour *colours)
{
    float dy = (float)y - f->y;
    int textured = needs_texture(f);
    for (int i = 0; i < count; i++) {
        float dx = (float)(x0 + i) - f->x;
        float u = f->cosine * dx + f->sine * dy, v = f->cosine * dy - f->sine * dx;
        float texture =
            textured ? noise_at(f->noise, u * f->stretch + f->offset_u, v * f->zoom + f->offset_v)
                     : 0;
        float light = 1 + f->shade_x * dx + f->shade_y * dy;
        if (f->rim != 0) {
            float inside = clip_unit(1 + distances[i] / f->rim_width);
            light -= f->rim * inside * inside;
        }
        Colour c = colour_mix(f->first, f->second, pattern(f, u, v, texture));
        for (int k = 0; k < 3; k++)
            colours[i].rgb[k] = c.rgb[k] * light + f->grain * texture;
    }
}
