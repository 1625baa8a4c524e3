/* A contact sheet: LR, enlarged by pixel repetition, beside HR, with a caption under them. */
#ifndef DATA_PAIRS_SHEET_H
#define DATA_PAIRS_SHEET_H

#include "data/image.h"

typedef struct ShownPair {
    Image hr, lr; /* hr is `scale` times as wide and high as lr */
    char *words;  /* lines */
} ShownPair;

void shown_pair_free(ShownPair *pair);

/* Draws `count` pairs of equal extents, at least one, under a title; free with image_free. */
Image pairs_sheet(const ShownPair *pairs, int count, const char *title);

#endif
