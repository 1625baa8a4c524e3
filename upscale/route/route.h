/* Which model a picture needs: its class, from features of its own, and what a table that users
 * edit says of that class. */
#ifndef UPSCALE_ROUTE_ROUTE_H
#define UPSCALE_ROUTE_ROUTE_H

#include "upscale/route/features.h"

/* The first that holds:
 *   damaged   noise of a deviation of about 8 levels or more, or JPEG of about quality 50 or less,
 *             whatever the picture shows
 *   text      letters, or boxes and letters as programs draw them: pages, windows, tables, charts
 *   line-art  outlines, hatching and flat fills
 *   portrait  a photograph whose subject is one person or a few, with enough skin to be seen
 *   texture   a photograph that fine texture of no one direction fills: leaves, gravel, fur, coral
 *   photo     any other photograph, whatever looks like one, and what is too small to tell (it has
 *             fewer than four whole blocks of 16x16 pixels) */
typedef enum RouteClass {
    ROUTE_DAMAGED,
    ROUTE_TEXT,
    ROUTE_LINE_ART,
    ROUTE_PORTRAIT,
    ROUTE_TEXTURE,
    ROUTE_PHOTO,
    ROUTE_CLASSES
} RouteClass;

extern const char *const ROUTE_NAMES[ROUTE_CLASSES]; /* "damaged", "text", "line-art", ... */

enum { ROUTE_REASONS_BYTES = 512 };
typedef struct RouteVerdict {
    RouteClass class;
    double confidence;                 /* 0..1: of this class among all */
    char reasons[ROUTE_REASONS_BYTES]; /* the features that decided, in words, "; " between */
} RouteVerdict;

/* About 20 ms for a megapixel or more; the same on every machine. */
RouteVerdict route_classify(const Image *image);
RouteVerdict route_judge(const RouteFeatures *features);

#endif
