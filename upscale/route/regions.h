/* Pictures that are partly drawn and partly photographed: a screenshot with a photograph in it. */
#ifndef UPSCALE_ROUTE_REGIONS_H
#define UPSCALE_ROUTE_REGIONS_H

#include "upscale/route/route.h"

enum { ROUTE_CELL = 32, ROUTE_BORDER = 16 };

/* What each part of a picture is. */
typedef struct RouteRegions {
    bool mixed;                       /* else the rest is not set */
    RouteVerdict drawn, photographed; /* each part judged as a picture of its own */
    double share;                     /* of the photographed part, 0..1 */
    int width, height;                /* the picture's */
    uint8_t *shares; /* of the photographed part in each pixel, 0..255; rows contiguous. It goes
                        from 0 to 255 over ROUTE_BORDER pixels. */
} RouteRegions;

/* Looks at cells of 32x32 pixels; parts of fewer than about 12 cells, or of less than 8 % of the
 * picture, do not count, nor do photographs that happen to have flat ground: each part must be of
 * the classes of its kind when judged alone. */
RouteRegions route_regions(const Image *image);
void route_regions_free(RouteRegions *regions);

#endif
