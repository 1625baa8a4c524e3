#include "losses/adversarial.h"

/* -mean log sigmoid(x) = mean log(1 + exp(-x)) */
static Tensor *call_real(Tensor *x)
{
    return tensor_mean(tensor_softplus(tensor_affine(x, -1, 0)));
}

/* -mean log(1 - sigmoid(x)) */
static Tensor *call_fake(Tensor *x)
{
    return tensor_mean(tensor_softplus(x));
}

Tensor *loss_adversarial_generator(Tensor *fake, double share)
{
    return tensor_affine(call_real(fake), share, 0);
}

Tensor *loss_adversarial_discriminator(Tensor *real, Tensor *fake, double share)
{
    return tensor_affine(tensor_add(call_real(real), call_fake(fake)), share, 0);
}
