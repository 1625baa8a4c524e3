#include "upscale/hidden.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { NONE = -1 };

/* The visible pixel that is nearest to each, as far as two sweeps over the neighbours find it
 * (Danielsson 1980, doi:10.1016/0146-664X(80)90054-4); an index, or NONE. */
typedef struct Nearest {
    int width, height;
    int32_t *index;
} Nearest;

static int64_t distance(const Nearest *n, int x, int y, int32_t from)
{
    int64_t dx = from % n->width - x, dy = from / n->width - y;
    return dx * dx + dy * dy;
}

/* Takes over what the neighbour at (x + dx, y + dy) has found, if that is nearer. */
static void look(Nearest *n, int x, int y, int dx, int dy)
{
    int u = x + dx, v = y + dy;
    if (u < 0 || u >= n->width || v < 0 || v >= n->height)
        return;
    int32_t theirs = n->index[(size_t)v * (size_t)n->width + (size_t)u];
    int32_t *own = &n->index[(size_t)y * (size_t)n->width + (size_t)x];
    if (theirs != NONE && (*own == NONE || distance(n, x, y, theirs) < distance(n, x, y, *own)))
        *own = theirs;
}

/* One sweep; step 1 goes down, -1 up. */
static void sweep(Nearest *n, int step)
{
    for (int i = 0; i < n->height; i++) {
        int y = step > 0 ? i : n->height - 1 - i;
        for (int x = 0; x < n->width; x++) {
            look(n, x, y, 0, -step);
            look(n, x, y, -1, -step);
            look(n, x, y, 1, -step);
            look(n, x, y, -1, 0);
        }
        for (int x = n->width - 1; x >= 0; x--)
            look(n, x, y, 1, 0);
    }
}

static int alpha_at(const void *pixels, size_t pixel, int channels, int depth)
{
    size_t at = pixel * (size_t)channels + (size_t)channels - 1;
    return depth == 8 ? ((const uint8_t *)pixels)[at] : ((const uint16_t *)pixels)[at];
}

void hidden_fill(void *pixels, int width, int height, int channels, int depth)
{
    size_t count = (size_t)width * (size_t)height, hidden = 0;
    Nearest n = {width, height, memory_array(count, sizeof *n.index)};
    for (size_t i = 0; i < count; i++) {
        bool visible = alpha_at(pixels, i, channels, depth) > 0;
        n.index[i] = visible ? (int32_t)i : NONE;
        hidden += !visible;
    }
    if (hidden > 0 && hidden < count) {
        sweep(&n, 1);
        sweep(&n, -1);
        size_t pixel = (size_t)(channels * depth / 8), colours = pixel - (size_t)depth / 8;
        for (size_t i = 0; i < count; i++)
            if (n.index[i] != (int32_t)i)
                memcpy((char *)pixels + i * pixel, (char *)pixels + (size_t)n.index[i] * pixel,
                       colours);
    }
    free(n.index);
}
