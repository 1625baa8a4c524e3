/* The two means that SSIM and MS-SSIM are made of. */
#ifndef EVAL_SSIM_H
#define EVAL_SSIM_H

#include "data/image.h"

/* Side of the Gaussian window, of sigma 1.5. */
enum { SSIM_WINDOW = 11 };

typedef struct SsimMeans {
    double similarity; /* luminance, contrast and structure: SSIM */
    double structure;  /* contrast and structure alone */
} SsimMeans;

/* Over the valid region; K1 = 0.01, K2 = 0.03, L = 255. The planes have the same extents, at least
 * SSIM_WINDOW both ways, and values 0..255.
 *   map  may be NULL: a new plane of the similarity in every window, of which (0, 0) is that whose
 *        middle pixel is (SSIM_WINDOW / 2, SSIM_WINDOW / 2). Free with plane_free */
SsimMeans ssim_means(const Plane *a, const Plane *b, Plane *map);

#endif
