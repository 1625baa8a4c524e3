#include "upscale/grain/keep.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "data/checksum.h"

static const double STRONGEST = 8;

int grain_parse(const char *text, double *strength)
{
    char *end;
    *strength = strcmp(text, "keep") == 0;
    if (strcmp(text, "off") == 0 || strcmp(text, "keep") == 0)
        return 0;
    *strength = strtod(text, &end);
    if (end == text || *end || !(*strength >= 0 && *strength <= STRONGEST))
        return error_set(ERROR_USAGE, "--grain: %s is not off, keep or a number of 0 to %g", text,
                         STRONGEST);
    return 0;
}

static uint64_t seed_of(const Pixels *p)
{
    uint64_t seed = 0;
    size_t row = (size_t)p->width * (size_t)(p->channels * p->depth / 8);
    ptrdiff_t stride = p->stride ? p->stride : (ptrdiff_t)row;
    for (int y = 0; y < p->height; y++)
        seed = seed * 0x9e3779b97f4a7c15 +
               checksum_crc32c((const uint8_t *)p->values + stride * y, row);
    return seed;
}

int grain_keep(const GrainFinding *f, double strength, const Pixels *lr, Upscaler *u,
               KeptGrain *kept)
{
    GrainSpectrum left;
    *kept = (KeptGrain){.found = strength > 0 && f->grain.strength > 0, .grain = f->grain};
    if (!kept->found)
        return 0;
    if (grain_left(u, f, pixels_colours(lr), lr->depth == 8 ? 8 : 16, &left) != 0)
        return -1;
    grain_missing(&f->grain, strength, &left, &kept->missing);
    kept->seed = seed_of(lr);
    return 0;
}

RowSink *grain_keep_rows(const KeptGrain *kept, int width, int height, RowSink *next)
{
    if (!kept->found)
        return NULL;
    return grain_rows_new(&kept->grain, &kept->missing, (double)next->width / width,
                          (double)next->height / height, kept->seed, next);
}
