#include "data/synth_parts.h"

static float clip(float v)
{
    return smaller(larger(v, 0), 255);
}

/* Colours of photographs are mostly greys: channels vary together, then between warm and cold, and
 * least between green and magenta. */
static Colour draw_colour(Random *random, float saturation)
{
    float u = (float)random_uniform(random);
    float light = 20 + 200 * (draw_chance(random, 0.5) ? u : u * u);
    float warm = (float)random_normal(random) * 42 * saturation;
    float green = (float)random_normal(random) * 20 * saturation;
    return (Colour){{clip(light + warm - 0.5f * green), clip(light + green),
                     clip(light - warm - 0.5f * green)}};
}

Palette palette_draw(Random *random)
{
    Palette palette = {.count = 3 + (int)random_below(random, PALETTE_MOST - 2)};
    float saturation = draw_range(random, 0.2, 1.3);
    for (int i = 0; i < palette.count; i++)
        palette.colours[i] = draw_colour(random, saturation);
    return palette;
}

Colour palette_pick(const Palette *palette, Random *random)
{
    Colour base = palette->colours[random_below(random, (uint32_t)palette->count)];
    float light = (float)random_normal(random) * 22;
    for (int c = 0; c < 3; c++)
        base.rgb[c] = clip(base.rgb[c] + light + (float)random_normal(random) * 8);
    return base;
}

Colour colour_mix(Colour a, Colour b, float amount)
{
    Colour mixed;
    for (int c = 0; c < 3; c++)
        mixed.rgb[c] = a.rgb[c] + amount * (b.rgb[c] - a.rgb[c]);
    return mixed;
}

float colour_luminance(Colour colour)
{
    return 0.299f * colour.rgb[0] + 0.587f * colour.rgb[1] + 0.114f * colour.rgb[2];
}
