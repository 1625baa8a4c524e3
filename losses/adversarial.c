#include "losses/adversarial.h"

#include <stddef.h>

#include "losses/relativistic.h"

/* -log sigmoid(x) = log(1 + exp(-x)) */
static Tensor *call_real(Tensor *x)
{
    return tensor_softplus(tensor_affine(x, -1, 0));
}

/* -log(1 - sigmoid(x)) */
static Tensor *call_fake(Tensor *x)
{
    return tensor_softplus(x);
}

/* max(0, 1 + sign x) */
static Tensor *hinge(Tensor *x, double sign)
{
    return tensor_relu(tensor_affine(x, sign, 1));
}

/* (x - wanted)^2 */
static Tensor *miss(Tensor *x, double wanted)
{
    return tensor_square(tensor_affine(x, 1, -wanted));
}

static Tensor *part(Tensor *values, double share)
{
    return tensor_affine(tensor_mean(values), share, 0);
}

Tensor *loss_adversarial_generator(AdversarialKind kind, Tensor *real, Tensor *fake, double share)
{
    switch (kind) {
    case ADVERSARIAL_VANILLA:
        return part(call_real(fake), share);
    case ADVERSARIAL_RELATIVISTIC:
        return loss_relativistic_generator(tensor_detach(real), fake, share);
    case ADVERSARIAL_LEAST_SQUARES:
        return part(miss(fake, 1), share);
    case ADVERSARIAL_HINGE:
        return part(fake, -share);
    }
    return NULL;
}

Tensor *loss_adversarial_discriminator(AdversarialKind kind, Tensor *real, Tensor *fake,
                                       double share)
{
    switch (kind) {
    case ADVERSARIAL_VANILLA:
        return tensor_add(part(call_real(real), share), part(call_fake(fake), share));
    case ADVERSARIAL_RELATIVISTIC:
        return loss_relativistic_discriminator(real, fake, share);
    case ADVERSARIAL_LEAST_SQUARES:
        return tensor_add(part(miss(real, 1), share), part(miss(fake, 0), share));
    case ADVERSARIAL_HINGE:
        return tensor_add(part(hinge(real, -1), share), part(hinge(fake, 1), share));
    }
    return NULL;
}
