#include "losses/relativistic.h"

/* The mean over all ranks' logits. */
static Tensor *batch_mean(Tensor *logits, double share)
{
    return tensor_sum_ranks(tensor_affine(tensor_mean(logits), share, 0));
}

/* This rank's part of mean log(1 + exp(a - b)), where one of both has one element. */
static Tensor *penalty(Tensor *a, Tensor *b, double share)
{
    return tensor_affine(tensor_mean(tensor_softplus(tensor_subtract(a, b))), share / 2, 0);
}

Tensor *loss_relativistic_generator(Tensor *real, Tensor *fake, double share)
{
    Tensor *mean_fake = batch_mean(fake, share), *mean_real = batch_mean(real, share);
    return tensor_add(penalty(real, mean_fake, share), penalty(mean_real, fake, share));
}

Tensor *loss_relativistic_discriminator(Tensor *real, Tensor *fake, double share)
{
    Tensor *mean_fake = batch_mean(fake, share), *mean_real = batch_mean(real, share);
    return tensor_add(penalty(mean_fake, real, share), penalty(fake, mean_real, share));
}
