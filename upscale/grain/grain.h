/* Film grain as data/degrade/grain.c makes it: white noise under a Gaussian, stronger in midtones,
 * partly the same in all channels. */
#ifndef UPSCALE_GRAIN_GRAIN_H
#define UPSCALE_GRAIN_GRAIN_H

typedef struct Grain {
    double strength; /* deviation of mid gray, levels of 255 */
    double size;     /* px: deviation of the Gaussian that joins neighbours */
    double evenness; /* 0: in proportion to 4 v (1 - v), absent in black and white; 1: of the same
                        strength everywhere; linear between them */
    double colour;   /* share of the variance that differs between the channels, 0..1 */
} Grain;

#define GRAIN_SMALLEST 0.3
#define GRAIN_LARGEST  4.0

/* Deviation at tone v of 0..1 (beyond it clipped), relative to that of mid gray. */
double grain_response(const Grain *grain, double v);

/* Correlation of neighbours 0 to count - 1 px apart along an axis; along both it is the product. */
void grain_correlation(double size, int count, double *correlation);

#endif
