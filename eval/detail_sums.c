#include "eval/detail.h"
#include "eval/rows.h"

/* Of one row: what is recovered of the truth, and the texture put on flat ground. */
static void add_row(const float *truth, const float *present, const float *energy, int count,
                    DetailSums *sums)
{
    for (int x = 0; x < count; x++) {
        double hh = (double)truth[x], excess = (double)energy[x] - hh;
        sums->recovered += present[x] < 1 ? (double)present[x] * hh : hh;
        if (truth[x] < 4) {
            sums->flat_pixels += 1;
            sums->flat_excess += excess > 0 ? excess : 0;
        }
    }
}

DetailSums detail_sum(const DetailMaps *maps, const Plane *hr_energy, int crop)
{
    DetailSums sums = {0};
    int width = hr_energy->width, inner = width - 2 * crop;
    for (int y = crop; y < hr_energy->height - crop; y++) {
        size_t at = (size_t)y * (size_t)width + (size_t)crop;
        sums.truth += row_sum(hr_energy->values + at, inner);
        sums.energy += row_sum(maps->energy.values + at, inner);
        sums.lost += row_sum(maps->lost.values + at, inner);
        sums.exaggerated += row_sum(maps->exaggerated.values + at, inner);
        sums.invented += row_sum(maps->invented.values + at, inner);
        add_row(hr_energy->values + at, maps->present.values + at, maps->energy.values + at, inner,
                &sums);
    }
    return sums;
}

void detail_sum_classes(const DetailMaps *maps, const Plane *hr_energy, const Content *content,
                        int crop, DetailSums sums[CONTENT_CLASSES])
{
    for (int k = 0; k < CONTENT_CLASSES; k++)
        sums[k] = (DetailSums){0};
    for (int y = crop; y < hr_energy->height - crop; y++)
        for (int x = crop; x < hr_energy->width - crop; x++) {
            size_t i = (size_t)y * (size_t)hr_energy->width + (size_t)x;
            DetailSums *s = &sums[content->classes[i]];
            s->truth += (double)hr_energy->values[i];
            s->energy += (double)maps->energy.values[i];
            s->lost += (double)maps->lost.values[i];
            s->exaggerated += (double)maps->exaggerated.values[i];
            s->invented += (double)maps->invented.values[i];
            add_row(hr_energy->values + i, maps->present.values + i, maps->energy.values + i, 1, s);
        }
}
