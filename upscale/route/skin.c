/* Patches in colours of skin, on a picture reduced to 96 pixels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "upscale/route/features.h"

enum { LONGER = 96 };

typedef struct Small {
    int width, height;
    float *luma, *blue, *red; /* 0..255, and differences around 0 */
    uint8_t *skin;            /* 1: of such a colour; 2: of a patch that was looked at */
    int *stack;
} Small;

static size_t pixels(const Small *s)
{
    return (size_t)s->width * (size_t)s->height;
}

/* Means of what each pixel covers, of at most 8 x 8 of its pixels. */
static void take_means(const Image *image, Small *s)
{
    for (int y = 0; y < s->height; y++)
        for (int x = 0; x < s->width; x++) {
            int left = (int)((int64_t)x * image->width / s->width);
            int right = (int)((int64_t)(x + 1) * image->width / s->width);
            int top = (int)((int64_t)y * image->height / s->height);
            int bottom = (int)((int64_t)(y + 1) * image->height / s->height);
            int across = (right - left + 7) / 8, down = (bottom - top + 7) / 8;
            float sums[3] = {0}, count = 0;
            for (int j = top; j < bottom; j += down)
                for (int i = left; i < right; i += across, count++)
                    for (size_t c = 0; c < 3; c++)
                        sums[c] +=
                            image->rgb[3 * ((size_t)j * (size_t)image->width + (size_t)i) + c];
            float r = sums[0] / count, g = sums[1] / count, b = sums[2] / count;
            size_t at = (size_t)y * (size_t)s->width + (size_t)x;
            float luma = 0.299f * r + 0.587f * g + 0.114f * b;
            s->luma[at] = luma;
            s->blue[at] = 0.564f * (b - luma);
            s->red[at] = 0.713f * (r - luma);
        }
}

/* The range of human skin in chroma, which is narrow whatever its shade: D. Chai, K. N. Ngan,
 * "Face segmentation using skin-color map in videophone applications", IEEE TCSVT 1999. */
static bool is_skin(float luma, float blue, float red)
{
    return luma > 45 && luma < 240 && red > 6 && red < 46 && blue > -50 && blue < -2 &&
           red > -blue / 2;
}

/* Drops pixels with fewer than five neighbours of skin, which join what does not belong together.
 */
static void cut_bridges(Small *s)
{
    uint8_t *before = memory_array(pixels(s), 1);
    memcpy(before, s->skin, pixels(s));
    for (int y = 0; y < s->height; y++)
        for (int x = 0; x < s->width; x++) {
            int around = 0;
            for (int j = y > 0 ? y - 1 : 0; j <= y + 1 && j < s->height; j++)
                for (int i = x > 0 ? x - 1 : 0; i <= x + 1 && i < s->width; i++)
                    around += before[j * s->width + i];
            s->skin[y * s->width + x] &= around > 5;
        }
    free(before);
}

static Small reduce(const Image *image)
{
    int longer = image->width > image->height ? image->width : image->height;
    double by = longer > LONGER ? (double)LONGER / longer : 1;
    Small s = {.width = (int)fmax(image->width * by, 1),
               .height = (int)fmax(image->height * by, 1)};
    size_t count = pixels(&s);
    s.luma = memory_array(3 * count, sizeof *s.luma);
    s.blue = s.luma + count;
    s.red = s.blue + count;
    s.skin = memory_array(count, sizeof *s.skin);
    s.stack = memory_array(count, sizeof *s.stack);
    take_means(image, &s);
    for (size_t i = 0; i < count; i++)
        s.skin[i] = is_skin(s.luma[i], s.blue[i], s.red[i]);
    cut_bridges(&s);
    return s;
}

static void small_free(Small *s)
{
    free(s->luma);
    free(s->skin);
    free(s->stack);
}

/* What is known of a connected patch. */
typedef struct Patch {
    int count, left, right, top, bottom, border;
    double red, luma, square;
} Patch;

static void add_pixel(const Small *s, int at, Patch *p)
{
    int x = at % s->width, y = at / s->width;
    p->left = p->count == 0 || x < p->left ? x : p->left;
    p->right = p->count == 0 || x > p->right ? x : p->right;
    p->top = p->count == 0 || y < p->top ? y : p->top;
    p->bottom = p->count == 0 || y > p->bottom ? y : p->bottom;
    p->border += x == 0 || y == 0 || x == s->width - 1 || y == s->height - 1;
    p->count++;
    p->red += (double)s->red[at];
    p->luma += (double)s->luma[at];
    p->square += (double)s->luma[at] * (double)s->luma[at];
}

/* Gives what is connected to a pixel and has its mark another one. */
static Patch flood(const Small *s, int start, uint8_t mark)
{
    uint8_t old = s->skin[start];
    int top = 0;
    Patch patch = {0};
    s->stack[top++] = start;
    s->skin[start] = mark;
    while (top > 0) {
        int at = s->stack[--top], x = at % s->width, y = at / s->width;
        int next[4] = {x > 0 ? at - 1 : at, x + 1 < s->width ? at + 1 : at,
                       y > 0 ? at - s->width : at, y + 1 < s->height ? at + s->width : at};
        add_pixel(s, at, &patch);
        for (int k = 0; k < 4; k++)
            if (s->skin[next[k]] == old) {
                s->skin[next[k]] = mark;
                s->stack[top++] = next[k];
            }
    }
    return patch;
}

/* 1 from `full` to `fuller`, falling to 0 at `low` and `high`. */
static double bell(double v, double low, double full, double fuller, double high)
{
    double rise = (v - low) / (full - low), fall = (high - v) / (high - fuller);
    return fmax(fmin(fmin(rise, fall), 1), 0.05);
}

/* The features of a patch. Faces and hands are patches of middle size, no wider than tall, that
 * fill most of their box, keep off the border, and shade without being rough. */
static void describe(const Small *s, const Patch *p, double *v)
{
    double width = p->right - p->left + 1, height = p->bottom - p->top + 1,
           mean = p->luma / p->count;
    v[FEATURE_FACE] = 100.0 * p->count / (double)pixels(s);
    v[FEATURE_FACE_FILL] = 100 * p->count / (width * height);
    v[FEATURE_FACE_TALL] = 100 * height / width;
    v[FEATURE_FACE_EDGE] = 100.0 * p->border / (2.0 * (s->width + s->height));
    v[FEATURE_FACE_WARMTH] = p->red / p->count;
    v[FEATURE_FACE_SHADE] = sqrt(fmax(p->square / p->count - mean * mean, 0));
    v[FEATURE_FACE_LIKE] =
        100 * bell(v[FEATURE_FACE], 0.5, 3, 25, 50) * bell(v[FEATURE_FACE_TALL], 50, 90, 190, 350) *
        bell(v[FEATURE_FACE_FILL], 25, 50, 85, 100) * bell(v[FEATURE_FACE_EDGE], -2, -1, 3, 20) *
        bell(v[FEATURE_FACE_WARMTH], 5, 11, 28, 45) * bell(v[FEATURE_FACE_SHADE], 5, 15, 45, 70);
}

void route_skin(const Image *image, RouteFeatures *features)
{
    Small s = reduce(image);
    double *v = features->values, skin = 0;
    Patch best = {0};
    RouteFeatures one = *features;
    for (int i = 0; i < (int)pixels(&s); i++) {
        skin += s.skin[i] > 0;
        if (s.skin[i] != 1)
            continue;
        Patch patch = flood(&s, i, 2);
        describe(&s, &patch, one.values);
        if (best.count > 0 && one.values[FEATURE_FACE_LIKE] <= v[FEATURE_FACE_LIKE])
            continue;
        best = patch;
        describe(&s, &best, v);
    }
    v[FEATURE_SKIN] = 100 * skin / (double)pixels(&s);
    small_free(&s);
}
