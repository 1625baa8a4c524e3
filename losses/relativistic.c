#include "losses/relativistic.h"

#include "losses/gather.h"

/* mean log(1 + exp(a - b)), where one of both has one element. */
static Tensor *penalty(Tensor *a, Tensor *b)
{
    return tensor_mean(tensor_softplus(tensor_subtract(a, b)));
}

Tensor *loss_relativistic_generator(Tensor *real, Tensor *fake)
{
    real = gather_with_gradient(real);
    fake = gather_with_gradient(fake);
    Tensor *sum = tensor_add(penalty(real, tensor_mean(fake)), penalty(tensor_mean(real), fake));
    return tensor_affine(sum, 0.5, 0);
}

Tensor *loss_relativistic_discriminator(Tensor *real, Tensor *fake)
{
    real = gather_with_gradient(real);
    fake = gather_with_gradient(fake);
    Tensor *sum = tensor_add(penalty(tensor_mean(fake), real), penalty(fake, tensor_mean(real)));
    return tensor_affine(sum, 0.5, 0);
}
