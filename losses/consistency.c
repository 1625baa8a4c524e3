#include "losses/consistency.h"

#include "core/error.h"
#include "losses/planes.h"

Tensor *loss_consistency(Tensor *sr, Tensor *hr, int scale, double share)
{
    /* D is linear: D(sr) - D(hr) = D(sr - hr). */
    Tensor *low = planes_map(tensor_subtract(sr, hr), PLANES_DOWN, scale);
    Tensor *loss = tensor_affine(tensor_mean(tensor_absolute(low)), share, 0);
    if (!loss)
        error_note("consistency loss");
    return loss;
}
