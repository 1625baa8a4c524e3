#include "eval/window.h"

#include "eval/rows.h"

int window_extent(int pixels, int most, int scale)
{
    int least = pixels < most ? pixels : most;
    return least - least % scale > 0 ? least - least % scale : scale;
}

static double sum_inside(const Plane *p, const Window *w)
{
    double sum = 0;
    for (int y = w->y; y < w->y + w->height; y++)
        sum += row_sum(p->values + (size_t)y * (size_t)p->width + w->x, w->width);
    return sum;
}

/* The first place along one axis, on the grid. */
static int first_place(int pixels, int extent, int scale, int margin)
{
    int aligned = (margin + scale - 1) / scale * scale;
    return pixels >= extent + 2 * aligned ? aligned : 0;
}

Window window_of_most(const Plane *plane, int width, int height, int scale, int margin, double *sum)
{
    int left = first_place(plane->width, width, scale, margin);
    int top = first_place(plane->height, height, scale, margin);
    Window best = {left, top, width, height};
    double most = -1;
    for (int y = top; y + height <= plane->height - top;
         y += window_extent(height, height / 4, scale))
        for (int x = left; x + width <= plane->width - left;
             x += window_extent(width, width / 4, scale)) {
            Window tried = {x, y, width, height};
            double inside = sum_inside(plane, &tried);
            if (inside > most) {
                most = inside;
                best = tried;
            }
        }
    if (sum)
        *sum = most;
    return best;
}

Image window_crop(const Window *w, const Image *image, int step)
{
    return image_crop(image, w->x / step, w->y / step, w->width / step, w->height / step);
}
