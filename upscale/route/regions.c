#include "upscale/route/regions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { LEAST_CELLS = 12, LEAST_SHARE = 8, MOST_EQUAL = 25, MOST_TONED = 65 };

/* 1: photographed, 0: drawn. */
typedef struct Cells {
    int width, height;
    uint8_t *values;
} Cells;

static Cells cells_new(int width, int height)
{
    return (Cells){width, height, memory_array((size_t)width * (size_t)height, 1)};
}

/* Photographs have hardly any pixels that equal their neighbours; nor have dense letters, which are
 * of two tones. Cells at the right and lower side without whole blocks are as those beside them. */
static Cells classify_cells(const Image *image, const RouteBlocks *blocks)
{
    Cells cells = cells_new((image->width + ROUTE_CELL - 1) / ROUTE_CELL,
                            (image->height + ROUTE_CELL - 1) / ROUTE_CELL);
    size_t count = (size_t)cells.width * (size_t)cells.height;
    int(*sums)[4] = memory_array(count, sizeof *sums); /* blocks, equal, contrasted, toned */
    for (const RouteBlock *b = blocks->items; b < blocks->items + blocks->count; b++) {
        int *s = sums[b->y / ROUTE_CELL * cells.width + b->x / ROUTE_CELL];
        s[0]++;
        s[1] += b->equal;
        s[2] += b->range >= 48;
        s[3] += b->toned;
    }
    for (int y = 0; y < cells.height; y++)
        for (int x = 0; x < cells.width; x++) {
            int at = y * cells.width + x;
            const int *s = sums[at];
            bool letters = 100 * s[3] > MOST_TONED * ROUTE_PIXELS * s[2] && s[2] > 0;
            cells.values[at] = s[0] > 0 ? 100 * s[1] < MOST_EQUAL * ROUTE_PIXELS * s[0] && !letters
                               : x > 0  ? cells.values[at - 1]
                               : y > 0  ? cells.values[at - cells.width]
                                        : 0;
        }
    free(sums);
    return cells;
}

/* Every cell takes `value` where one of its neighbours has it. */
static void spread(Cells *c, uint8_t value)
{
    uint8_t *before = memory_array((size_t)c->width * (size_t)c->height, 1);
    memcpy(before, c->values, (size_t)c->width * (size_t)c->height);
    for (int y = 0; y < c->height; y++)
        for (int x = 0; x < c->width; x++)
            for (int j = y > 0 ? y - 1 : 0; j <= y + 1 && j < c->height; j++)
                for (int i = x > 0 ? x - 1 : 0; i <= x + 1 && i < c->width; i++)
                    if (before[j * c->width + i] == value)
                        c->values[y * c->width + x] = value;
    free(before);
}

/* The connected cells of a value that begin at one; replaces them by another value. */
static int flood(Cells *c, int start, uint8_t from, uint8_t to)
{
    int *stack = memory_array((size_t)c->width * (size_t)c->height, sizeof *stack);
    int top = 0, count = 0;
    stack[top++] = start;
    c->values[start] = to;
    while (top > 0) {
        int at = stack[--top], x = at % c->width, y = at / c->width;
        int next[4] = {x > 0 ? at - 1 : at, x + 1 < c->width ? at + 1 : at,
                       y > 0 ? at - c->width : at, y + 1 < c->height ? at + c->width : at};
        count++;
        for (int k = 0; k < 4; k++)
            if (c->values[next[k]] == from) {
                c->values[next[k]] = to;
                stack[top++] = next[k];
            }
    }
    free(stack);
    return count;
}

/* Parts of few cells become what surrounds them. */
static void drop_small(Cells *c, uint8_t value)
{
    enum { SEEN = 2 };
    int count = c->width * c->height;
    for (int i = 0; i < count; i++)
        if (c->values[i] == value && flood(c, i, value, value + SEEN) < LEAST_CELLS)
            flood(c, i, value + SEEN, 1 - value);
    for (int i = 0; i < count; i++)
        c->values[i] = c->values[i] >= SEEN ? value : c->values[i];
}

/* Closing first, as photographs have flat places; then opening, and what is left that is small. */
static void clean(Cells *c)
{
    spread(c, 1);
    spread(c, 0);
    spread(c, 0);
    spread(c, 1);
    drop_small(c, 1);
    drop_small(c, 0);
}

/* The part of one kind as a picture of its own: its blocks, in the box around them. */
static RouteFeatures measure_part(const Image *image, const RouteBlocks *all, const Cells *c,
                                  uint8_t kind)
{
    int left = image->width, top = image->height, right = 0, bottom = 0;
    for (int i = 0; i < c->width * c->height; i++) {
        int x = i % c->width * ROUTE_CELL, y = i / c->width * ROUTE_CELL;
        if (c->values[i] != kind)
            continue;
        left = x < left ? x : left;
        top = y < top ? y : top;
        right = x + ROUTE_CELL > right ? x + ROUTE_CELL : right;
        bottom = y + ROUTE_CELL > bottom ? y + ROUTE_CELL : bottom;
    }
    right = right < image->width ? right : image->width;
    bottom = bottom < image->height ? bottom : image->height;
    Image part = image_crop(image, left, top, right - left, bottom - top);
    RouteLuma luma = route_luma(&part);
    RouteBlocks blocks = {0};
    for (const RouteBlock *b = all->items; b < all->items + all->count; b++) {
        if (c->values[b->y / ROUTE_CELL * c->width + b->x / ROUTE_CELL] != kind)
            continue;
        memory_grow(&blocks.items, blocks.count, &blocks.capacity, sizeof *blocks.items);
        blocks.items[blocks.count] = *b;
        blocks.items[blocks.count].x -= left;
        blocks.items[blocks.count++].y -= top;
    }
    RouteFeatures features = route_features_of_blocks(&part, &luma, &blocks);
    route_skin(&part, &features);
    route_blocks_free(&blocks);
    route_luma_free(&luma);
    image_free(&part);
    return features;
}

static bool is_drawn(RouteClass class)
{
    return class == ROUTE_TEXT || class == ROUTE_LINE_ART;
}

/* What is drawn has strokes, else it may be the flat ground of a photograph; what is photographed
 * has detail, else it may be drawn colours that run from one to another. */
static void judge_parts(const RouteFeatures *drawn, const RouteFeatures *photographed,
                        RouteRegions *r)
{
    r->drawn = route_judge(drawn);
    r->photographed = route_judge(photographed);
    r->mixed = is_drawn(r->drawn.class) && !is_drawn(r->photographed.class) &&
               drawn->values[FEATURE_CONTRAST] > 3 && photographed->values[FEATURE_MIDDLE] > 1.5;
}

/* Means of ROUTE_BORDER + 1 pixels, along one axis after the other, of the cells' map: an edge
 * becomes a slope. */
static void slope(const uint8_t *from, int count, size_t step, uint8_t *to)
{
    enum { HALF = ROUTE_BORDER / 2, WIDTH = ROUTE_BORDER + 1 };
    int sum = 0;
    for (int i = -HALF; i <= HALF; i++)
        sum += from[(size_t)(i < 0 ? 0 : i < count ? i : count - 1) * step];
    for (int i = 0; i < count; i++) {
        to[(size_t)i * step] = (uint8_t)((sum + WIDTH / 2) / WIDTH);
        int leaves = i - HALF > 0 ? i - HALF : 0;
        int enters = i + HALF + 1 < count ? i + HALF + 1 : count - 1;
        sum += from[(size_t)enters * step] - from[(size_t)leaves * step];
    }
}

static uint8_t *shares_of(const Cells *c, int width, int height)
{
    size_t count = (size_t)width * (size_t)height;
    uint8_t *map = memory_array(count, 1), *rows = memory_array(count, 1);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            map[(size_t)y * (size_t)width + (size_t)x] =
                c->values[y / ROUTE_CELL * c->width + x / ROUTE_CELL] ? 255 : 0;
    for (int y = 0; y < height; y++)
        slope(map + (size_t)y * (size_t)width, width, 1, rows + (size_t)y * (size_t)width);
    for (int x = 0; x < width; x++)
        slope(rows + x, height, (size_t)width, map + x);
    free(rows);
    return map;
}

RouteRegions route_regions(const Image *image)
{
    RouteRegions r = {.width = image->width, .height = image->height};
    RouteLuma luma = route_luma(image);
    RouteBlocks blocks = {0};
    route_blocks_add(&blocks, image, &luma, 0, 0);
    route_luma_free(&luma);
    Cells cells = classify_cells(image, &blocks);
    clean(&cells);
    int count = cells.width * cells.height, covered = 0;
    for (int i = 0; i < count; i++)
        covered += cells.values[i];
    r.share = (double)covered / count;
    if (100 * covered >= LEAST_SHARE * count && 100 * (count - covered) >= LEAST_SHARE * count) {
        RouteFeatures drawn = measure_part(image, &blocks, &cells, 0);
        RouteFeatures photographed = measure_part(image, &blocks, &cells, 1);
        judge_parts(&drawn, &photographed, &r);
    }
    if (r.mixed)
        r.shares = shares_of(&cells, image->width, image->height);
    free(cells.values);
    route_blocks_free(&blocks);
    return r;
}

void route_regions_free(RouteRegions *regions)
{
    free(regions->shares);
    *regions = (RouteRegions){0};
}
