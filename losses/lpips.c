#include "losses/lpips.h"

#include <stddef.h>

#include "core/error.h"

Lpips *lpips_require(const char *directory, LpipsNet net, Precision precision)
{
    static const char *const BACKBONES[LPIPS_NETS] = {"alexnet", "vgg16", "squeezenet1_1"};
    Lpips *lpips;
    if (lpips_open(directory, net, precision, &lpips) == 0 && !lpips)
        error_set(ERROR_FILE, "%s: LPIPS needs weights %s*.pth and lpips-v0.1-%s.pth there",
                  directory, BACKBONES[net], LPIPS_NET_NAMES[net]);
    return lpips;
}

Tensor *loss_lpips(Lpips *lpips, Tensor *sr, Tensor *hr, double share)
{
    return tensor_affine(lpips_mean(lpips, sr, hr), share, 0);
}
