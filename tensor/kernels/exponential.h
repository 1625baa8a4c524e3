/* e^x and what is made of it, in arithmetic that compilers turn into vectors. */
#ifndef TENSOR_KERNELS_EXPONENTIAL_H
#define TENSOR_KERNELS_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

/* Relative error below 2e-7; x beyond -87 .. 88 counts as these. NaNs stay NaNs. */
static inline float exponential(float x)
{
    x = x > 88 ? 88 : x;
    x = x < -87 ? -87 : x;
    const float nearest = 12582912; /* 1.5 * 2^23: sums with it are rounded to integers */
    float shifted = x * 1.44269504f + nearest, n = shifted - nearest;
    float r = x - n * 0.693359375f - n * -2.12194440e-4f; /* ln 2 in two parts */
    float q = 0.00139337282f;
    q = q * r + 0.00836323539f;
    q = q * r + 0.0416664642f;
    q = q * r + 0.166665766f;
    q = q * r + 0.5f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23; /* 2^n */
    float power;
    memcpy(&power, &bits, sizeof power);
    return (1 + (r + r * r * q)) * power;
}

static inline float sigmoid(float x)
{
    return 1 / (1 + exponential(-x));
}

/* The normal distribution at x: its density, and the part of it below x with a relative error below
 * 3e-7 for x > -4. A polynomial in (z - 2) / (z + 2) for (1 + 2z) exp(z^2) erfc(z), z = |x| / sqrt
 * 2; the idea: Shepherd & Laframboise 1981, doi:10.1090/S0025-5718-1981-0595058-X. */
typedef struct Normal {
    float density, below;
} Normal;
static inline Normal normal_distribution(float x)
{
    float z = (x < 0 ? -x : x) * 0.707106781f;
    z = z > 12 ? 12 : z;
    float t = (z - 2) / (z + 2);
    float p = -0.000391787529f;
    p = p * t - 0.00120896404f;
    p = p * t + 0.00131994823f;
    p = p * t + 0.00861604419f;
    p = p * t - 0.00806862675f;
    p = p * t - 0.0542008691f;
    p = p * t + 0.164057538f;
    p = p * t - 0.166031644f;
    p = p * t - 0.0927641019f;
    p = p * t + 1.27697837f;
    float bell = exponential(-z * z);
    float beyond = 0.5f * bell * p / (1 + 2 * z);
    return (Normal){bell * 0.398942280f, x < 0 ? beyond : 1 - beyond};
}

#endif
