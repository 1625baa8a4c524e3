/* Mean squared error: it asks for the mean of all plausible pictures. */
#ifndef LOSSES_MSE_H
#define LOSSES_MSE_H

#include "tensor/tensor.h"

/* mean (sr - hr)^2 * share; arguments as loss_l1's. */
Tensor *loss_mse(Tensor *sr, Tensor *hr, double share);

#endif
