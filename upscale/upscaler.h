/* Tiled upscaling of pictures with a model: tiles overlap by the receptive field, so the result is
 * the untiled one. Networks that ONNX Runtime alone can run get whole pictures of up to 2^20
 * pixels, and overlap by 32 pixels beyond. Where a file fixes the size of its input, tiles have it.
 */
#ifndef UPSCALE_UPSCALER_H
#define UPSCALE_UPSCALER_H

#include "upscale/engine.h"

typedef struct Upscaler Upscaler;

/* From a model's file: .safetensors, .pth or .onnx. tile: edge of the inner part in LR pixels, 0:
 * chosen from free memory. NULL with an error. */
Upscaler *upscaler_open(const char *path, Precision precision, OnnxChoice onnx, int tile);
/* The same of a model, which must live as long; of one that is freed with it, or on error; of a
 * network that the caller owns (validation during training), whose outputs are not checked. */
Upscaler *upscaler_new(const Model *model, Precision precision, int tile);
Upscaler *upscaler_take(Model *model, Precision precision, int tile);
Upscaler *upscaler_from_network(Network *network, int scale, int tile);
void upscaler_free(Upscaler *upscaler);
int upscaler_scale(const Upscaler *upscaler);
/* What computes: "ONNX Runtime 1.20.1", "libtorch 1.13.1 (cpu)". NULL for a caller's network. */
const char *upscaler_engine(const Upscaler *upscaler);

/* lr of any size of at least 1 x 1 -> sr of scale times its extents, 8 bits. ERROR_FORMAT naming
 * the model's file where the output has pixels that are no numbers. */
int upscaler_run(Upscaler *upscaler, const Image *lr, Image *sr);

#endif
