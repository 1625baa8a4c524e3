/* The kernels of blurs, as drawn. */
#ifndef DATA_DEGRADE_BLUR_KERNELS_H
#define DATA_DEGRADE_BLUR_KERNELS_H

typedef enum BlurKind {
    BLUR_ISO,
    BLUR_ANISO,
    BLUR_GENERALIZED_ISO,
    BLUR_GENERALIZED_ANISO,
    BLUR_PLATEAU_ISO,
    BLUR_PLATEAU_ANISO,
    BLUR_SINC,
    BLUR_DISK,
    BLUR_LINE,
    BLUR_CURVE
} BlurKind;

enum { BLUR_MOST_RADIUS = 25, BLUR_MOST_TAPS = 51 * 51 };

/* Lengths in pixels, angles in degrees from the x axis towards larger y (down). With q the squared
 * distance of a pixel in units of the deviations, turned by the angle:
 *   iso, aniso    exp(-q / 2)
 *   generalized   exp(-q^beta / 2)
 *   plateau       1 / (1 + q^beta)        (Liu et al., as in Real-ESRGAN, arXiv:2107.10833)
 *   sinc          the circular low pass c J1(c r) / (2 pi r) of cut-off c in radians per pixel
 *   disk          the share of each pixel's area within `reach` of the centre
 *   line, curve   a point that moves evenly for `length`, along an arc that turns by `bend` on its
 *                 way and has the angle half-way, its mean at the centre; each instant is shared
 *                 between the four nearest pixels */
typedef struct BlurKernel {
    int kind; /* BlurKind */
    int radius;
    double sigma, sigma_y, angle; /* iso: sigma alone */
    double beta;
    double cutoff;
    double reach;
    double length, bend; /* line: no bend */
} BlurKernel;

/* (2 radius + 1)^2 weights of sum 1, row by row. Bells and the sinc are cut off beyond the radius,
 * a reach is at most radius + 0.5 and a length 2 radius + 1. */
void blur_kernel_fill(const BlurKernel *blur, float *weights);

#endif
