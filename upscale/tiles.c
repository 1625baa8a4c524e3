#include "upscale/tiles.h"

static int round_down(int value, int multiple)
{
    return value / multiple * multiple;
}

static int round_up(int value, int multiple)
{
    return round_down(value + multiple - 1, multiple);
}

/* Tiles of networks that take one extent overlap by what counts, or by what there is room for. */
static int fixed_overlap(const TileRule *rule)
{
    return rule->overlap > rule->fixed / 4 ? rule->fixed / 4 : rule->overlap;
}

int tile_extent(const TileRule *rule, int wanted)
{
    if (rule->fixed)
        return rule->fixed - 2 * fixed_overlap(rule);
    int tile = round_down(wanted, rule->alignment);
    return tile > 0 ? tile : rule->alignment;
}

/* The outer part moves into the picture, or begins with it and goes on beyond. */
static TileSpan fixed_span(const TileRule *rule, TileSpan s, int extent)
{
    s.outer = s.inner - fixed_overlap(rule);
    if (s.outer > extent - rule->fixed)
        s.outer = extent - rule->fixed;
    if (s.outer < 0)
        s.outer = 0;
    s.outer_end = s.outer + rule->fixed;
    return s;
}

TileSpan tile_span(const TileRule *rule, int at, int tile, int extent)
{
    TileSpan s = {.inner = at, .inner_end = extent - at > tile ? at + tile : extent};
    if (rule->fixed)
        return fixed_span(rule, s, extent);
    s.outer = s.inner > rule->overlap ? round_down(s.inner - rule->overlap, rule->alignment) : 0;
    int end = round_up(extent, rule->multiple);
    s.outer_end = extent - s.inner_end > rule->overlap
                      ? round_up(s.inner_end + rule->overlap, rule->alignment)
                      : end;
    if (s.outer_end > end)
        s.outer_end = end;
    return s;
}
