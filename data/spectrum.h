/* How strong each frequency is in the rows or columns of a picture. */
#ifndef DATA_SPECTRUM_H
#define DATA_SPECTRUM_H

#include <stdbool.h>

#include "data/image.h"

enum { SPECTRUM_LENGTH = 128, SPECTRUM_BANDS = SPECTRUM_LENGTH / 2 + 1 };

/* Mean power of pieces of SPECTRUM_LENGTH pixels, half overlapping, without their mean, under a
 * Hann window, of at most 256 lines spread evenly (Welch 1967, doi:10.1109/TAU.1967.1161901). White
 * noise of variance v has v in every band.
 *   plane  at least SPECTRUM_LENGTH along the axis; power: SPECTRUM_BANDS, 0 to half a cycle a px
 */
void plane_spectrum(const Plane *plane, bool columns, double *power);

#endif
