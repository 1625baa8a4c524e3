/* What a smaller precision costs: a model and the file made of it, judged on the same pictures. */
#ifndef EXPORT_LOSS_H
#define EXPORT_LOSS_H

#include "core/fields.h"
#include "nets/model.h"

enum { LOSS_MOST_PICTURES = 16, LOSS_EXTENT = 768 };

/* Means over the pictures: [0] of the model, [1] of the file. NAN where undefined. */
typedef struct PictureLoss {
    int pictures; /* 0: nothing was measured */
    double psnr_y[2], smoothing[2], hallucination[2];
    char by[64]; /* what ran the file */
} PictureLoss;

/* Pictures (files, and all below folders; at most LOSS_MOST_PICTURES, evenly chosen, the middle of
 * up to LOSS_EXTENT pixels a side) are taken as the truth; shrunk by the model's scale (bicubic)
 * they are enlarged by the model and by the file at PATH, in ONNX Runtime where it is installed.
 * Measures: eval/METRICS.md. ERROR_FILE, ERROR_FORMAT. */
int picture_loss(const char *path, const Model *model, const StringList *pictures,
                 PictureLoss *loss);

#endif
