#include "losses/colour.h"

#include "losses/planes.h"

Tensor *loss_colour(Tensor *sr, Tensor *hr, double share)
{
    /* G is linear: G * sr - G * hr = G * (sr - hr). */
    Tensor *blurred = planes_map(tensor_subtract(sr, hr), PLANES_COLOUR, 0);
    return tensor_affine(tensor_mean(tensor_absolute(blurred)), share, 0);
}
