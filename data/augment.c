#include "data/augment.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "data/picture.h"
#include "data/resample.h"

enum { CHANNELS = 3 };
static const double BETA = 1.2, LEAST_EDGE = 0.2, MOST_EDGE = 0.7;

/* Beta(BETA, BETA) by rejection: its density, 1 at the middle, against uniform proposals. */
static double draw_share(Random *random)
{
    for (;;) {
        double share = random_uniform(random);
        if (random_uniform(random) <= pow(4 * share * (1 - share), BETA - 1))
            return share;
    }
}

static void blend(uint8_t *to, const uint8_t *from, size_t count, int share)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)((to[i] * share + from[i] * (256 - share) + 128) >> 8);
}

void augment_mixup(Random *random, int size, int scale, uint8_t *lr, uint8_t *hr,
                   const uint8_t *other_lr, const uint8_t *other_hr)
{
    int share = (int)lround(256 * draw_share(random));
    size_t bytes = (size_t)size * (size_t)size * CHANNELS;
    blend(lr, other_lr, bytes, share);
    blend(hr, other_hr, bytes * (size_t)scale * (size_t)scale, share);
}

typedef struct Rectangle {
    int x, y, width, height;
} Rectangle;

static int draw_edge(Random *random, int size)
{
    int edge = (int)lround(random_range(random, LEAST_EDGE, MOST_EDGE) * size);
    return edge > 0 ? edge : 1;
}

static Rectangle draw_rectangle(Random *random, int size)
{
    Rectangle r = {.width = draw_edge(random, size), .height = draw_edge(random, size)};
    r.x = (int)random_below(random, (uint32_t)(size - r.width + 1));
    r.y = (int)random_below(random, (uint32_t)(size - r.height + 1));
    return r;
}

static bool holds(const Rectangle *r, int x, int y)
{
    return x >= r->x && x < r->x + r->width && y >= r->y && y < r->y + r->height;
}

void augment_cutblur(Random *random, int size, int scale, Workspace *work, uint8_t *lr,
                     const uint8_t *hr)
{
    WorkspaceMark mark = workspace_mark(work);
    Rectangle r = draw_rectangle(random, size);
    bool inside = random_below(random, 2) == 0;
    Picture large = picture_take(work, size * scale, size * scale);
    Picture small = picture_take(work, size, size);
    uint8_t *clean = workspace_take(work, (size_t)size * (size_t)size * CHANNELS, 1);
    picture_from_bytes(hr, &large);
    picture_resample(&large, KERNEL_BICUBIC, SAMPLING_ANTIALIASED, work, &small);
    picture_to_bytes(&small, clean);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            if (holds(&r, x, y) == inside) {
                size_t at = ((size_t)y * (size_t)size + (size_t)x) * CHANNELS;
                memcpy(lr + at, clean + at, CHANNELS);
            }
    workspace_release(work, mark);
}
