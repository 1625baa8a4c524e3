/* What two independent models make of one picture, compared. */
#include <math.h>

#include "eval/detail.h"
#include "eval/no_truth.h"
#include "eval/rows.h"

Opinion opinion_new(const Image *sr, int scale)
{
    Plane luma = image_luma(sr);
    Opinion opinion = {.detail = detail_of(&luma, scale, NULL)};
    opinion.energy = detail_product(&opinion.detail, &opinion.detail, scale);
    plane_free(&luma);
    return opinion;
}

void opinion_free(Opinion *opinion)
{
    plane_free(&opinion->detail);
    plane_free(&opinion->energy);
}

static double sum_inside(const Plane *p, int crop)
{
    double sum = 0;
    for (int y = crop; y < p->height - crop; y++)
        sum += row_sum(p->values + (size_t)y * (size_t)p->width + crop, p->width - 2 * crop);
    return sum;
}

double opinions_disagree(const Opinion *a, const Opinion *b, int scale, int crop, Plane *map)
{
    size_t count = (size_t)a->detail.width * (size_t)a->detail.height;
    Plane difference = plane_new(a->detail.width, a->detail.height);
    for (size_t i = 0; i < count; i++)
        difference.values[i] = a->detail.values[i] - b->detail.values[i];
    Plane unlike = detail_product(&difference, &difference, scale);
    double both = sum_inside(&a->energy, crop) + sum_inside(&b->energy, crop);
    double value = both < 1e-6 ? NAN : sqrt(sum_inside(&unlike, crop) / both);
    plane_free(&difference);
    if (map)
        *map = unlike;
    else
        plane_free(&unlike);
    return value;
}

static void add_to(Plane *sum, const Plane *p)
{
    for (size_t i = 0; i < (size_t)p->width * (size_t)p->height; i++)
        sum->values[i] += p->values[i];
}

Plane opinions_compare(const Opinion *opinions, const bool *counts, int count, int scale, int crop,
                       double *values)
{
    Plane sum = plane_new(opinions->detail.width, opinions->detail.height);
    bool disputed = false;
    for (int a = 0; a < count; a++) {
        double total = 0, others = 0;
        for (int b = 0; b < count; b++) {
            if (b == a || !counts[b])
                continue;
            Plane map;
            total += opinions_disagree(&opinions[a], &opinions[b], scale, crop, &map);
            others += 1;
            disputed |= counts[a];
            if (counts[a])
                add_to(&sum, &map);
            plane_free(&map);
        }
        values[a] = others > 0 ? total / others : NAN;
    }
    for (int a = 0; !disputed && a < count; a++)
        add_to(&sum, &opinions[a].energy);
    return sum;
}
