#include "eval/perceptual_classes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector.h"

/* Cell `i` of `cells` over `count` pixels reaches from `start` to `end`. */
typedef struct Cell {
    double start, end;
    int first, last; /* the pixels it touches */
} Cell;

static Cell cell_of(int i, int cells, int count)
{
    Cell c = {.start = (double)i * count / cells, .end = (double)(i + 1) * count / cells};
    c.first = (int)c.start;
    c.last = (int)ceil(c.end) - 1;
    return c;
}

static float overlap(const Cell *c, int pixel)
{
    return (float)(fmin(c->end, pixel + 1) - fmax(c->start, pixel));
}

FOR_EVERY_PROCESSOR
static void add_row(const uint8_t *classes, uint8_t content, float weight, int width, float *sums)
{
    for (int x = 0; x < width; x++)
        sums[x] += classes[x] == content ? weight : 0;
}

static void shrink_row(const float *sums, int width, float area, int cells, float *shares)
{
    for (int i = 0; i < cells; i++) {
        Cell c = cell_of(i, cells, width);
        float sum = 0;
        for (int x = c.first; x <= c.last; x++)
            sum += overlap(&c, x) * sums[x];
        shares[i] = sum / area;
    }
}

LayerClasses layer_classes_new(const Content *content, int crop, int width, int height)
{
    LayerClasses l = {.width = width, .height = height};
    int from_w = content->width - 2 * crop, from_h = content->height - 2 * crop;
    float area = (float)((double)from_w / width * ((double)from_h / height));
    float *sums = memory_array((size_t)from_w, sizeof *sums);
    for (int k = 0; k < CONTENT_CLASSES; k++) {
        l.shares[k] = memory_array((size_t)width * (size_t)height, sizeof *l.shares[k]);
        for (int i = 0; i < height; i++) {
            Cell c = cell_of(i, height, from_h);
            memset(sums, 0, (size_t)from_w * sizeof *sums);
            for (int y = c.first; y <= c.last; y++)
                add_row(content->classes + (size_t)(y + crop) * (size_t)content->width + crop,
                        (uint8_t)k, overlap(&c, y), from_w, sums);
            shrink_row(sums, from_w, area, width, l.shares[k] + (size_t)i * (size_t)width);
        }
    }
    free(sums);
    return l;
}

void layer_classes_free(LayerClasses *classes)
{
    for (int k = 0; k < CONTENT_CLASSES; k++)
        free(classes->shares[k]);
    *classes = (LayerClasses){0};
}

double layer_class_mean(const LayerClasses *classes, ContentClass content, const LpipsMap *map)
{
    const float *shares = classes->shares[content];
    size_t count = (size_t)classes->width * (size_t)classes->height;
    double sum = 0, weight = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)shares[i] * map->values[i];
        weight += shares[i];
    }
    return weight > 0 ? sum / weight : NAN;
}
