/* What a place of a picture shows, by the structure tensor of its luma: over-smoothing hurts in
 * texture, invention shows on flat ground, halos sit beside edges, and strokes of letters must be
 * right. */
#ifndef EVAL_CONTENT_H
#define EVAL_CONTENT_H

#include <stdbool.h>

#include "data/image.h"

typedef enum ContentClass {
    CONTENT_FLAT,    /* hardly any gradient */
    CONTENT_EDGE,    /* gradients of one direction */
    CONTENT_TEXTURE, /* gradients of several directions */
    CONTENT_TEXT,    /* strokes of two tones close together: letters, line art */
    CONTENT_CLASSES
} ContentClass;

extern const char *const CONTENT_NAMES[CONTENT_CLASSES]; /* "flat", "edge", "texture", "text" */

typedef struct Content {
    int width, height;
    uint8_t *classes; /* a ContentClass per pixel, rows contiguous */
} Content;

/* Classes every pixel of a luma plane, 0..255. Free with content_free. */
Content content_of(const Plane *luma);
void content_free(Content *content);

/* The share of each class among the pixels at least `crop` from every edge; they sum to 1. */
void content_shares(const Content *content, int crop, double shares[CONTENT_CLASSES]);
/* A class that fewer than one in a hundred pixels belong to tells nothing. */
bool content_is_rare(double share);

#endif
