/* How a low-resolution picture is made from a high-resolution one. */
#ifndef DATA_DEGRADE_H
#define DATA_DEGRADE_H

#include "core/random.h"
#include "data/image.h"

typedef struct Degradation Degradation;

/* The degradation of that name ("bicubic"). ERROR_CONFIG lists the known names. */
Degradation *degradation_open(const char *name);
void degradation_free(Degradation *degradation);
const char *degradation_name(const Degradation *degradation);

/* LR of an HR picture whose extents are multiples of `scale`: extents / scale, 8 bits. The draws
 * come from `random` alone; *drawn is what happened as one line of JSON (the caller frees it), so
 * that the same picture can be made again. drawn may be NULL. */
int degradation_apply(const Degradation *degradation, const Image *hr, int scale, Random *random,
                      Image *lr, char **drawn);

#endif
