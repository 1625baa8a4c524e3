#include "eval/content.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/resample.h"
#include "eval/neighbourhood.h"

const char *const CONTENT_NAMES[CONTENT_CLASSES] = {"flat", "edge", "texture", "text"};

/* Where the gradient's root mean square is below this many levels per pixel, there is nothing. */
static const float FLAT = 2.5f;
/* (l1 - l2) / (l1 + l2) of the tensor's eigenvalues: 1 for a straight edge, 0 for no direction. */
static const float DIRECTED = 0.6f;
static const double GRADIENT_SIGMA = 0.8, TENSOR_SIGMA = 2;

/* Text: in a neighbourhood of this radius two tones far apart take nearly all pixels, and strokes
 * are so close that gradients are strong all over. */
enum { STROKE_RADIUS = 7 };
static const float TONES_APART = 80, TWO_TONED = 0.78f, DENSE = 16;

static size_t pixels(const Plane *p)
{
    return (size_t)p->width * (size_t)p->height;
}

typedef struct Tensor2 {
    Plane xx, yy, xy;
} Tensor2;

FOR_EVERY_PROCESSOR
static void products_of_row(const float *above, const float *row, const float *below, int width,
                            float *restrict xx, float *restrict yy, float *restrict xy)
{
    for (int x = 0; x < width; x++) {
        int left = x > 0 ? x - 1 : 0, right = x < width - 1 ? x + 1 : x;
        float gx = (row[right] - row[left]) / 2, gy = (below[x] - above[x]) / 2;
        xx[x] = gx * gx;
        yy[x] = gy * gy;
        xy[x] = gx * gy;
    }
}

static void smooth(Plane *p, double sigma)
{
    Plane smoothed = plane_gaussian(p, sigma, (int)ceil(3 * sigma));
    plane_free(p);
    *p = smoothed;
}

static Tensor2 structure_tensor(const Plane *luma)
{
    int w = luma->width, h = luma->height;
    Plane p = plane_gaussian(luma, GRADIENT_SIGMA, (int)ceil(3 * GRADIENT_SIGMA));
    Tensor2 t = {plane_new(w, h), plane_new(w, h), plane_new(w, h)};
    for (int y = 0; y < h; y++) {
        size_t row = (size_t)y * (size_t)w;
        size_t above = y > 0 ? row - (size_t)w : row, below = y < h - 1 ? row + (size_t)w : row;
        products_of_row(p.values + above, p.values + row, p.values + below, w, t.xx.values + row,
                        t.yy.values + row, t.xy.values + row);
    }
    plane_free(&p);
    smooth(&t.xx, TENSOR_SIGMA);
    smooth(&t.yy, TENSOR_SIGMA);
    smooth(&t.xy, TENSOR_SIGMA);
    return t;
}

static void tensor_free(Tensor2 *t)
{
    plane_free(&t->xx);
    plane_free(&t->yy);
    plane_free(&t->xy);
}

/* The share of the pixels around that lie within a fifth of the range of one of its ends, and
 * whether that range is wide: 0 where it is not. */
static Plane two_tones(const Plane *luma)
{
    Plane least, greatest, share = plane_new(luma->width, luma->height);
    neighbourhood_range(luma, STROKE_RADIUS, &least, &greatest);
    for (size_t i = 0; i < pixels(luma); i++) {
        float range = greatest.values[i] - least.values[i], fifth = range / 5;
        float v = luma->values[i];
        share.values[i] =
            range > TONES_APART && (v < least.values[i] + fifth || v > greatest.values[i] - fifth);
    }
    plane_free(&least);
    plane_free(&greatest);
    smooth(&share, STROKE_RADIUS / 2.0);
    return share;
}

static ContentClass class_of(float xx, float yy, float xy, float dense, float two_toned)
{
    float energy = xx + yy, across = sqrtf((xx - yy) * (xx - yy) + 4 * xy * xy);
    if (dense > DENSE * DENSE && two_toned > TWO_TONED)
        return CONTENT_TEXT;
    if (energy < FLAT * FLAT)
        return CONTENT_FLAT;
    return across > DIRECTED * energy ? CONTENT_EDGE : CONTENT_TEXTURE;
}

Content content_of(const Plane *luma)
{
    Content c = {.width = luma->width, .height = luma->height};
    c.classes = memory_array(pixels(luma), sizeof *c.classes);
    Tensor2 t = structure_tensor(luma);
    Plane tones = two_tones(luma), dense = plane_new(luma->width, luma->height);
    for (size_t i = 0; i < pixels(luma); i++)
        dense.values[i] = t.xx.values[i] + t.yy.values[i];
    smooth(&dense, STROKE_RADIUS / 2.0);
    for (size_t i = 0; i < pixels(luma); i++)
        c.classes[i] = (uint8_t)class_of(t.xx.values[i], t.yy.values[i], t.xy.values[i],
                                         dense.values[i], tones.values[i]);
    tensor_free(&t);
    plane_free(&tones);
    plane_free(&dense);
    return c;
}

void content_free(Content *content)
{
    free(content->classes);
    *content = (Content){0};
}

void content_shares(const Content *content, int crop, double shares[CONTENT_CLASSES])
{
    double counts[CONTENT_CLASSES] = {0}, all = 0;
    for (int y = crop; y < content->height - crop; y++)
        for (int x = crop; x < content->width - crop; x++, all++)
            counts[content->classes[(size_t)y * (size_t)content->width + (size_t)x]]++;
    for (int k = 0; k < CONTENT_CLASSES; k++)
        shares[k] = counts[k] / all;
}

bool content_is_rare(double share)
{
    return share < 0.01;
}
