/* The detail decomposition of METRICS.md: what an upscaler lost, exaggerated and invented, at every
 * pixel. D shrinks by the scale, U enlarges back, G is a Gaussian of sigma = scale. */
#ifndef EVAL_DETAIL_H
#define EVAL_DETAIL_H

#include "data/image.h"
#include "eval/content.h"

/* d(x) = x - U(D(x)): the part of a luma plane that its low-resolution version cannot carry.
 *   luma  extents multiples of scale, 0..255
 *   low   D(luma), extents / scale; may be NULL. Free with plane_free. */
Plane detail_of(const Plane *luma, int scale, Plane *low);

/* G * (a b): the local mean of a product; with a = b the local detail energy, >= 0. */
Plane detail_product(const Plane *a, const Plane *b, int scale);

/* All maps have the pictures' extents; energies in squared grey levels, >= 0. At every pixel
 * lost + exaggerated + invented = error, up to rounding. */
typedef struct DetailMaps {
    Plane energy;      /* ss = G * d(SR)^2 */
    Plane error;       /* e = G * (d(SR) - d(HR))^2 */
    Plane present;     /* a = max(0, hs / hh), the share of the true detail; 1 where hh < 1e-12 */
    Plane lost;        /* true detail that is missing: smoothing */
    Plane exaggerated; /* true detail that is overdone: sharpening */
    Plane invented;    /* detail unrelated to the truth: hallucination */
} DetailMaps;

/* Decomposes the detail of an SR picture against the truth's.
 *   hr, sr     d(HR) and d(SR), same extents
 *   hr_energy  hh = detail_product(hr, hr, scale), the same for every method
 * Free with detail_maps_free. */
DetailMaps detail_decompose(const Plane *hr, const Plane *hr_energy, const Plane *sr, int scale);
void detail_maps_free(DetailMaps *maps);

/* Sums over the pixels at least `crop` from every edge. */
typedef struct DetailSums {
    double truth;                       /* hh */
    double energy;                      /* ss */
    double lost, exaggerated, invented; /* their sum is the detail error */
    double recovered;                   /* min(a, 1) hh */
    double flat_excess;                 /* max(ss - hh, 0) where hh < 4 */
    double flat_pixels;                 /* how many those are */
} DetailSums;
DetailSums detail_sum(const DetailMaps *maps, const Plane *hr_energy, int crop);

/* The same for each class of content. */
void detail_sum_classes(const DetailMaps *maps, const Plane *hr_energy, const Content *content,
                        int crop, DetailSums sums[CONTENT_CLASSES]);

#endif
