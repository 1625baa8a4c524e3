#include "eval/overlay.h"

static const float BLUE[3] = {20, 88, 214}, RED[3] = {222, 52, 28};

static float share_of(float strength)
{
    return strength / (strength + OVERLAY_HALF);
}

/* The stronger of both sets how much shows, their proportion the hue. */
static void paint(uint8_t *rgb, float luma, float blue, float red)
{
    float b = share_of(blue), r = share_of(red), cover = b > r ? b : r;
    float ground = 140 + 0.43f * luma, all = b + r > 0 ? b + r : 1;
    for (int c = 0; c < 3; c++)
        rgb[c] = image_level(ground + cover * ((BLUE[c] * b + RED[c] * r) / all - ground));
}

Image overlay_paint(const Window *w, const Plane *luma, const Plane *blue, const Plane *red)
{
    Image image = image_new(w->width, w->height);
    uint8_t *out = image.rgb;
    for (int y = w->y; y < w->y + w->height; y++)
        for (int x = w->x; x < w->x + w->width; x++, out += 3) {
            size_t at = (size_t)y * (size_t)luma->width + (size_t)x;
            paint(out, luma->values[at], blue->values[at], red->values[at]);
        }
    return image;
}
