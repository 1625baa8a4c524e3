/* Poisson noise as Real-ESRGAN adds it. */
#ifndef DATA_DEGRADE_POISSON_H
#define DATA_DEGRADE_POISSON_H

#include <stddef.h>
#include <stdint.h>

/* What a picture's counts are: 2^ceil(log2(number of distinct 8-bit levels)) photons stand for 255.
 * `planes` of `count` values 0..255 each, rounded to levels first. */
int poisson_photons(const float *const *planes, int plane_count, size_t count);

/* noise[i] = (k * 255 / photons - level) * scale, where level is values[i] rounded to 8 bits and k
 * is drawn from the Poisson distribution of mean level * photons / 255; photons is a power of 2 up
 * to 256. Exact but for the 2^-32 that the words resolve. One word a value. */
void poisson_noise(const float *values, size_t count, int photons, double scale,
                   const uint32_t *words, float *noise);

#endif
