#include "eval/report_labels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"

/* More than fonts take on average. */
static const double LETTER = 9.4, FARTHEST = 160;

void labels_free(Labels *l)
{
    free(l->taken);
    l->taken = NULL;
    l->count = l->capacity = 0;
}

void labels_avoid(Labels *l, double left, double top, double right, double bottom)
{
    memory_grow(&l->taken, l->count, &l->capacity, sizeof *l->taken);
    l->taken[l->count++] = (Box){left, top, right, bottom};
}

static bool is_free(const Labels *l, const Box *box)
{
    if (box->left < l->frame.left || box->right > l->frame.right || box->top < l->frame.top ||
        box->bottom > l->frame.bottom)
        return false;
    for (int i = 0; i < l->count; i++)
        if (box->left < l->taken[i].right && box->right > l->taken[i].left &&
            box->top < l->taken[i].bottom && box->bottom > l->taken[i].top)
            return false;
    return true;
}

static double width_of(const char *text)
{
    int letters = 0;
    for (; *text; text++)
        letters += ((unsigned char)*text & 0xc0) != 0x80;
    return letters * LETTER;
}

static Box find_place(const Labels *l, double width, double x, double y)
{
    static const double ANGLES[] = {0, 180, 45, -45, 135, -135, 90, -90, 22, -22, 158, -158};
    for (double distance = l->distance; distance < FARTHEST; distance += 6)
        for (size_t i = 0; i < sizeof ANGLES / sizeof *ANGLES; i++) {
            double angle = ANGLES[i] * acos(-1) / 180;
            double cx = x + cos(angle) * (distance + width / 2);
            double cy = y - sin(angle) * (distance + LABEL_HEIGHT / 2);
            Box tried = {cx - width / 2, cy - LABEL_HEIGHT / 2, cx + width / 2,
                         cy + LABEL_HEIGHT / 2};
            if (is_free(l, &tried))
                return tried;
        }
    return (Box){x + l->distance, y - LABEL_HEIGHT / 2, x + l->distance + width,
                 y + LABEL_HEIGHT / 2};
}

Box labels_place(Labels *l, const char *text, double x, double y)
{
    Box box = find_place(l, width_of(text), x, y);
    labels_avoid(l, box.left, box.top, box.right, box.bottom);
    return box;
}
