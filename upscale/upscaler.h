/* Pictures through a model, a band of tiles at a time. Tiles overlap by the receptive field and
 * begin where strides and windows do, so the result is that of the whole picture (to float
 * rounding; not where statistics of the whole picture count). Networks that ONNX Runtime alone can
 * run get whole pictures of up to 2^20 pixels, and overlap by 32 pixels beyond. Where a file fixes
 * the size of its input, tiles have it. */
#ifndef UPSCALE_UPSCALER_H
#define UPSCALE_UPSCALER_H

#include <stdint.h>

#include "upscale/engine.h"
#include "upscale/pixels.h"
#include "upscale/rows.h"

typedef struct Upscaler Upscaler;

/* From a model's file: .safetensors, .pth or .onnx. tile: edge of the inner part in LR pixels, 0:
 * chosen from the memory that is free. NULL with an error. */
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
/* What it is made of, to look at. */
const Engine *upscaler_look(const Upscaler *upscaler);
/* Whether tiles of this network differ from the whole picture, and one of w x h needs tiles. */
bool upscaler_tiles_show(const Upscaler *upscaler, int w, int h);

/* Two upscalers of one scale in one, for pictures of `width` x `height`: where `shares` (a byte for
 * each pixel of the input, rows contiguous, 0..255) is 0 the result is the first one's, where it is
 * 255 the second one's, and between them a mixture. Tiles go through the one that they need, or
 * both. All three must live as long; options of memory and tiles are the first one's. The scales
 * must be the same, and neither may take pictures of one size alone: upscaler_can_mix. */
bool upscaler_can_mix(const Upscaler *first, const Upscaler *second);
Upscaler *upscaler_mix(const Upscaler *first, const Upscaler *second, const uint8_t *shares,
                       int width, int height);

/* What tiles, and the band of rows they make, may take; without it half of what is free. While
 * pictures are enlarged libtorch is held to it, in all threads: only for programs that do nothing
 * else then. */
void upscaler_limit_memory(Upscaler *upscaler, int64_t bytes);

/* After every tile: input pixels done so far, of all. Anything but 0 ends the work as an error,
 * which it has set. */
typedef int UpscaleProgress(void *context, int64_t done, int64_t total);

/* lr of any size of at least 1 x 1, -> sink, of scale times its extents and as many channels. Gray
 * goes through the network as RGB whose mean is taken, alpha in a pass of its own (not where it is
 * the same everywhere). Where tiles find no memory, smaller ones are tried. `progress` may be NULL.
 * Errors: ERROR_FORMAT naming the model's file where the output has pixels that are no numbers,
 * ERROR_SHAPE, ERROR_MEMORY. */
int upscaler_stream(Upscaler *upscaler, const Pixels *lr, RowSink *sink, UpscaleProgress *progress,
                    void *context);

/* The same from and to 8-bit RGB in memory. */
int upscaler_run(Upscaler *upscaler, const Image *lr, Image *sr);

#endif
