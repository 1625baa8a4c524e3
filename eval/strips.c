#include "eval/strips.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/ranks.h"
#include "eval/window.h"

static size_t tile_values(const Strip *strip)
{
    return (size_t)strip->width * (size_t)strip->height * 3;
}

Strips strips_new(const PictureSet *set, int methods)
{
    Strips strips = {.count = set->count < STRIPS_MOST ? set->count : STRIPS_MOST,
                     .tiles = methods + 2};
    for (int k = 0; k < strips.count; k++) {
        Strip *s = &strips.items[k];
        s->picture = k * set->count / strips.count;
        s->width = window_extent(set->widths[s->picture], STRIP_PIXELS, set->scale);
        s->height = window_extent(set->heights[s->picture], STRIP_PIXELS, set->scale);
        s->pixels = memory_array(tile_values(s) * (size_t)strips.tiles, sizeof *s->pixels);
    }
    return strips;
}

void strips_free(Strips *strips)
{
    for (int k = 0; k < strips->count; k++)
        free(strips->items[k].pixels);
    *strips = (Strips){0};
}

/* Puts the strip where the detail energy inside is greatest. */
static void choose_place(Strip *s, const Plane *energy, int scale)
{
    Window window = window_of_most(energy, s->width, s->height, scale, 0, NULL);
    s->x = window.x;
    s->y = window.y;
}

/* Copies the strip's part of `image`, whose pixels are `step` HR pixels wide. */
static void copy_part(const Strip *s, int tile, const Image *image, int step)
{
    float *out = s->pixels + (size_t)tile * tile_values(s);
    for (int y = s->y; y < s->y + s->height; y++)
        for (int x = s->x; x < s->x + s->width; x++) {
            const uint8_t *in =
                image->rgb + ((size_t)(y / step) * (size_t)image->width + (size_t)(x / step)) * 3;
            for (int c = 0; c < 3; c++)
                *out++ = in[c];
        }
}

void strips_take(Strips *strips, int index, const PicturePair *picture, const Reference *reference,
                 const Image *sr)
{
    int scale = picture->hr.width / picture->lr.width;
    for (int k = 0; k < strips->count; k++) {
        Strip *s = &strips->items[k];
        if (s->picture != index)
            continue;
        choose_place(s, reference_detail_energy(reference), scale);
        copy_part(s, 0, &picture->lr, scale);
        for (int tile = 1; tile < strips->tiles - 1; tile++)
            copy_part(s, tile, &sr[tile - 1], 1);
        copy_part(s, strips->tiles - 1, &picture->hr, 1);
    }
}

int strips_gather(Strips *strips)
{
    for (int k = 0; k < strips->count; k++) {
        Strip *s = &strips->items[k];
        int64_t place[2] = {s->x, s->y};
        if (ranks_sum_integers(place, 2) != 0 ||
            ranks_sum_floats(s->pixels, tile_values(s) * (size_t)strips->tiles) != 0)
            return -1;
        s->x = (int)place[0];
        s->y = (int)place[1];
    }
    return 0;
}

Image strip_tile(const Strip *s, int tile)
{
    Image image = image_new(s->width, s->height);
    const float *values = s->pixels + (size_t)tile * tile_values(s);
    for (size_t i = 0; i < tile_values(s); i++)
        image.rgb[i] = (uint8_t)values[i];
    return image;
}
