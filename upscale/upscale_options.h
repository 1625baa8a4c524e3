/* What `unmush upscale` is told. */
#ifndef UPSCALE_UPSCALE_OPTIONS_H
#define UPSCALE_UPSCALE_OPTIONS_H

#include "core/fields.h"

typedef struct UpscaleOptions {
    char *model, *models, *blend, *output, *crop, *grain;
    double alpha, scale;
    Extent fit;
    int64_t tile, memory, quality;
    int format, depth, precision, onnx;
    bool lossless, overwrite, skip, explain;
} UpscaleOptions;

extern const Field UPSCALE_OPTIONS[];

/* --format's choices: FORMAT_AUTO goes by the output's extension and is else PNG; FORMAT_SAME is
 * the picture's own; the rest are PHOTO_... + FORMAT_FIRST. */
enum { FORMAT_AUTO, FORMAT_SAME, FORMAT_FIRST };

/* Whether --model=auto is asked for. */
bool upscale_options_route(const UpscaleOptions *o);

/* Options that contradict each other or lack another. ERROR_USAGE. */
int upscale_options_check(const UpscaleOptions *o);

#endif
