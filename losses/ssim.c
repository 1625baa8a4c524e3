#include "losses/ssim.h"

#include "core/error.h"
#include "losses/ssim_maps.h"

Tensor *loss_ssim(Tensor *sr, Tensor *hr, double share)
{
    SsimMaps maps = ssim_maps(sr, hr);
    Tensor *mean = tensor_mean(tensor_multiply(maps.luminance, maps.structure));
    Tensor *loss = tensor_affine(mean, -share, share);
    if (!loss)
        error_note("SSIM loss");
    return loss;
}
