/* Local extremes of a plane. */
#ifndef EVAL_NEIGHBOURHOOD_H
#define EVAL_NEIGHBOURHOOD_H

#include "data/image.h"

/* The least and greatest value within `radius` pixels in x and in y, the part outside the picture
 * left out (which equals mirrored borders). Free both with plane_free. */
void neighbourhood_range(const Plane *plane, int radius, Plane *least, Plane *greatest);

/* The mean of how far `plane` leaves least..greatest, over the pixels at least `crop` from every
 * edge where greatest - least is above `span`. NAN where there is no such pixel. */
double neighbourhood_excess(const Plane *plane, const Plane *least, const Plane *greatest,
                            float span, int crop);

#endif
