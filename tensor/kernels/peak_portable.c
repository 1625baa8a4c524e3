#define LANES 4
#define RUN   peak_run_portable

#include "tensor/kernels/peak_body.h"
