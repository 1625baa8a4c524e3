/* By how much one picture is moved against another, from the phases of all their frequencies. */
#ifndef EVAL_PHASE_CORRELATION_H
#define EVAL_PHASE_CORRELATION_H

#include "data/image.h"

/* The shift (right, down) that puts `moving` onto `reference`, in steps of 1/50 px: where the
 * correlation of the two, every frequency weighed alike, is greatest; pictures are taken as
 * periodic. Planes of the same extents, 0..1: frequencies of products below 1.2e-5 weigh less.
 * Kuglin & Hines 1975; Guizar-Sicairos, Thurman & Fienup 2008, doi:10.1364/OL.33.000156. */
void phase_correlation_find(const Plane *reference, const Plane *moving, double *x, double *y);

#endif
