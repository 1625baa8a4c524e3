/* Tiled upscaling of pictures with a model: tiles overlap by the receptive field, so the result is
 * the untiled one. */
#ifndef EVAL_UPSCALE_H
#define EVAL_UPSCALE_H

#include "data/image.h"
#include "nets/model.h"
#include "nets/network.h"

typedef struct Upscaler Upscaler;

/* tile: edge of the inner part in LR pixels, 0: chosen from free memory. The model may be freed
 * after this. NULL with an error. */
Upscaler *upscaler_new(const Model *model, Precision precision, int tile);
/* The same from a network that the caller owns (validation during training). */
Upscaler *upscaler_from_network(Network *network, int scale, int tile);
void upscaler_free(Upscaler *upscaler);
int upscaler_scale(const Upscaler *upscaler);

/* lr of any size of at least 1 x 1 -> sr of scale times its extents, 8 bits. */
int upscaler_run(Upscaler *upscaler, const Image *lr, Image *sr);

/* `unmush upscale --model=FILE [-o OUT] [--tile=N] IMAGE|DIR...` */
int upscale_command(int argc, char **argv);

#endif
