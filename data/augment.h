/* Augmentations of whole training samples: 8-bit RGB crops, lr [size,size,3] and hr scale times
 * larger. What they draw comes from the sample's own stream, so they depend on nothing else. */
#ifndef DATA_AUGMENT_H
#define DATA_AUGMENT_H

#include <stdint.h>

#include "core/random.h"
#include "data/workspace.h"

/* Mixup (Zhang et al. 2018, arXiv:1710.09412): both pictures of the first sample become the same
 * blend with the second's. The share of the first is drawn from Beta(1.2, 1.2), as trainers of
 * upscalers do. */
void augment_mixup(Random *random, int size, int scale, uint8_t *lr, uint8_t *hr,
                   const uint8_t *other_lr, const uint8_t *other_hr);

/* CutBlur for upscalers (Yoo et al. 2020, arXiv:2004.00448): inside or outside of a rectangle, LR
 * becomes HR brought down by antialiased bicubic, so that the network learns where not to restore.
 * The rectangle has 0.2 to 0.7 of the crop's edges. */
void augment_cutblur(Random *random, int size, int scale, Workspace *work, uint8_t *lr,
                     const uint8_t *hr);

#endif
