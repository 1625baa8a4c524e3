#include "data/synth.h"

#include <stdlib.h>

#include "core/memory.h"
#include "data/resample.h"
#include "data/synth_parts.h"

enum { NOISES = 3 };

/* What all leaves of one picture share. */
typedef struct Scene {
    Canvas canvas;
    Palette palette;
    Noise noises[NOISES]; /* the first is smooth, the others rougher */
    Random random;
    float smallest, largest, exponent; /* leaf radii: density radius^-exponent */
    float *distances;
    Colour *colours;
} Scene;

static void scene_begin(Scene *s, uint64_t seed, uint32_t index, int width, int height)
{
    s->random = random_stream(seed, RANDOM_SYNTH, index, 0);
    s->canvas = (Canvas){2 * width, 2 * height, NULL};
    s->canvas.rgb = memory_array((size_t)width * (size_t)height * 4, 3 * sizeof(float));
    s->palette = palette_draw(&s->random);
    static const float GAINS[NOISES] = {0.5f, 0.85f, 1.0f};
    for (int i = 0; i < NOISES; i++)
        s->noises[i] = noise_new(&s->random, GAINS[i]);
    s->smallest = expf(draw_range(&s->random, log(3), log(20)));
    s->largest =
        0.35f * (float)(s->canvas.width < s->canvas.height ? s->canvas.width : s->canvas.height);
    s->largest = larger(s->largest, 2 * s->smallest);
    s->exponent = draw_range(&s->random, 2.3, 3.2);
    s->distances = memory_array((size_t)s->canvas.width, sizeof *s->distances);
    s->colours = memory_array((size_t)s->canvas.width, sizeof *s->colours);
}

static void scene_end(Scene *s)
{
    for (int i = 0; i < NOISES; i++)
        noise_free(&s->noises[i]);
    free(s->canvas.rgb);
    free(s->distances);
    free(s->colours);
}

/* The inverse of the power law's distribution function. */
static float draw_radius(Scene *s)
{
    float power = 1 - s->exponent;
    float low = powf(s->smallest, power), high = powf(s->largest, power);
    return powf(low + (float)random_uniform(&s->random) * (high - low), 1 / power);
}

/* Blends one row of a leaf; `soft` is the width of its edge. */
static void paint_row(Scene *s, const Shape *shape, const Fill *fill, float soft, int y, int left,
                      int right)
{
    shape_row(shape, left, y, right - left, s->distances);
    float *d = s->distances;
    while (left < right && *d >= soft / 2)
        left++, d++;
    while (right > left && d[right - left - 1] >= soft / 2)
        right--;
    if (left == right)
        return;
    fill_row(fill, left, y, right - left, d, s->colours);
    float *to = s->canvas.rgb + ((size_t)y * (size_t)s->canvas.width + (size_t)left) * 3;
    for (int i = 0; i < right - left; i++, to += 3) {
        float cover = smaller(larger(0.5f - d[i] / soft, 0), 1);
        cover = cover * cover * (3 - 2 * cover);
        for (int c = 0; c < 3; c++)
            to[c] += cover * (s->colours[i].rgb[c] - to[c]);
    }
}

/* Draws one leaf; the result is roughly its area. */
static float paint_leaf(Scene *s, float radius)
{
    float x = draw_range(&s->random, 0, s->canvas.width);
    float y = draw_range(&s->random, 0, s->canvas.height);
    Shape shape = shape_draw(&s->random, x, y, radius);
    Fill fill = fill_draw(&s->random, &s->palette, s->noises, NOISES, x, y, radius);
    float soft = 1.4f; /* one leaf in eight is out of focus */
    if (draw_chance(&s->random, 0.125))
        soft = draw_range(&s->random, 2, 2 + smaller(radius / 2, 14));
    float wide, high;
    shape_box(&shape, &wide, &high);
    int left = (int)larger(x - wide - soft, 0), top = (int)larger(y - high - soft, 0);
    int right = (int)smaller(x + wide + soft + 2, (float)s->canvas.width);
    int bottom = (int)smaller(y + high + soft + 2, (float)s->canvas.height);
    for (int row = top; row < bottom && left < right; row++)
        paint_row(s, &shape, &fill, soft, row, left, right);
    return 3.1416f * radius * radius;
}

static void paint_background(Scene *s)
{
    float x = (float)s->canvas.width / 2, y = (float)s->canvas.height / 2;
    Fill fill = fill_draw(&s->random, &s->palette, s->noises, NOISES, x, y, hypotf(x, y));
    fill.rim = 0;
    for (int row = 0; row < s->canvas.height; row++) {
        fill_row(&fill, 0, row, s->canvas.width, s->distances, s->colours);
        float *to = s->canvas.rgb + (size_t)row * (size_t)s->canvas.width * 3;
        for (int i = 0; i < s->canvas.width; i++)
            for (int c = 0; c < 3; c++)
                to[3 * i + c] = s->colours[i].rgb[c];
    }
}

/* Leaves hide one another until they have covered the canvas about three times; strokes come in
 * between, so that later leaves hide parts of them too. */
static void paint_leaves(Scene *s)
{
    float area = (float)s->canvas.width * (float)s->canvas.height;
    float wanted = area * draw_range(&s->random, 1.2, 3), covered = 0;
    float unit = area / 150000; /* strokes per this many canvas pixels */
    float texts = unit * draw_range(&s->random, 0, 1.5);
    float tufts = unit * draw_range(&s->random, 0, 4);
    float text_done = 0, tuft_done = 0;
    while (covered < wanted) {
        covered += paint_leaf(s, draw_radius(s));
        float progress = smaller(covered / wanted, 1);
        for (; text_done + 1 <= texts * progress; text_done++)
            text_draw(&s->canvas, &s->random, &s->palette);
        for (; tuft_done + 1 <= tufts * progress; tuft_done++)
            tuft_draw(&s->canvas, &s->random, &s->palette);
    }
}

/* Half size, antialiased, through a lens that is never quite sharp on every other picture, and with
 * a camera's noise on every third. */
static Image develop(Scene *s)
{
    Plane planes[3];
    int width = s->canvas.width, height = s->canvas.height;
    float grain = draw_chance(&s->random, 0.33) ? draw_range(&s->random, 0.4, 2.5) : 0;
    float blur = draw_chance(&s->random, 0.5) ? draw_range(&s->random, 0.5, 1.8) : 0;
    for (int c = 0; c < 3; c++) {
        Plane plane = plane_new(width, height);
        for (size_t i = 0; i < (size_t)width * (size_t)height; i++)
            plane.values[i] = smaller(larger(s->canvas.rgb[3 * i + (size_t)c], 0), 255);
        if (blur > 0) {
            Plane sharp = plane;
            plane = plane_gaussian(&sharp, blur, 5);
            plane_free(&sharp);
        }
        planes[c] = plane_resample(&plane, width / 2, height / 2, KERNEL_BICUBIC);
        plane_free(&plane);
        if (grain > 0)
            for (size_t i = 0; i < (size_t)(width / 2) * (size_t)(height / 2); i++)
                planes[c].values[i] += grain * (float)random_normal(&s->random);
    }
    Image image = image_from_channels(planes);
    for (int c = 0; c < 3; c++)
        plane_free(&planes[c]);
    return image;
}

Image synth_picture(uint64_t seed, uint32_t index, int width, int height)
{
    Scene scene = {0};
    scene_begin(&scene, seed, index, width, height);
    paint_background(&scene);
    paint_leaves(&scene);
    Image image = develop(&scene);
    scene_end(&scene);
    return image;
}

Image synth_picture_of(SynthKind kind, uint64_t seed, uint32_t index, int width, int height)
{
    switch (kind) {
    case SYNTH_LEAVES:
        return synth_picture(seed, index, width, height);
    case SYNTH_SCREENSHOT:
        return screenshot_picture(seed, index, width, height);
    case SYNTH_DRAWING:
        return drawing_picture(seed, index, width, height);
    }
    return (Image){0};
}
