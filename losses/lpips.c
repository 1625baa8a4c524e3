#include "losses/lpips.h"

Lpips *lpips_require(const char *directory, LpipsNet net, Precision precision)
{
    Lpips *lpips;
    if (lpips_open(directory, net, precision, &lpips) == 0 && !lpips)
        lpips_missing(directory, net);
    return lpips;
}

Tensor *loss_lpips(Lpips *lpips, Tensor *sr, Tensor *hr, double share)
{
    return tensor_affine(lpips_mean(lpips, sr, hr), share, 0);
}
