#include "core/random_fill.h"

#include <math.h>
#include <string.h>

#include "core/random.h"
#include "core/vector.h"

enum { LANES = 16, GROUP = 4 * LANES, HALF = GROUP / 2 };

/* The words of counters 16 * group and the 15 after it. See random_philox for one of them. */
static inline void fill_group(uint64_t seed, uint64_t plane, uint32_t group, uint32_t *words)
{
    uint32_t *c0 = words, *c1 = words + LANES, *c2 = words + 2 * LANES, *c3 = words + 3 * LANES;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (uint32_t i = 0; i < LANES; i++) {
        c0[i] = group * LANES + i;
        c1[i] = (uint32_t)plane;
        c2[i] = (uint32_t)(plane >> 32);
        c3[i] = (uint32_t)RANDOM_FILL << 24;
    }
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < LANES; i++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c0[i], p1 = (uint64_t)0xCD9E8D57u * c2[i];
            c0[i] = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0;
            c2[i] = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
            c1[i] = (uint32_t)p1;
            c3[i] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

FOR_EVERY_PROCESSOR
void random_fill_words(uint64_t seed, uint64_t plane, uint32_t *words, size_t count)
{
    uint32_t group[GROUP];
    for (size_t at = 0; at < count; at += GROUP) {
        size_t here = count - at < GROUP ? count - at : GROUP;
        fill_group(seed, plane, (uint32_t)(at / GROUP), group);
        memcpy(words + at, group, here * sizeof *group);
    }
}

FOR_EVERY_PROCESSOR
void random_fill_uniform(uint64_t seed, uint64_t plane, float *values, size_t count)
{
    uint32_t words[GROUP];
    float group[GROUP];
    for (size_t at = 0; at < count; at += GROUP) {
        size_t here = count - at < GROUP ? count - at : GROUP;
        fill_group(seed, plane, (uint32_t)(at / GROUP), words);
        for (int i = 0; i < GROUP; i++)
            group[i] = (float)(int)(words[i] >> 8) * 0x1p-24f;
        memcpy(values + at, group, here * sizeof *group);
    }
}

/* The natural logarithm of 0 < x <= 1: a polynomial on sqrt(1/2) .. sqrt(2), whose coefficients are
 * those of Cephes' logf. */
static inline float logarithm(float x)
{
    union {
        float value;
        int32_t bits;
    } u = {x};
    int32_t exponent = (u.bits - 0x3F3504F3) >> 23; /* of 2 below x / sqrt(1/2) */
    u.bits -= exponent * (1 << 23);
    float m = u.value - 1, square = m * m, e = (float)exponent;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    return p * m * square + e * -2.12194440e-4f - 0.5f * square + m + e * 0.693359375f;
}

/* Cosine and sine of 2 pi u, 0 <= u < 1: reduced to an eighth of a turn, then Cephes' polynomials.
 */
static inline void turn(float u, float *cosine, float *sine)
{
    float quarter = u * 4;
    int whole = (int)(quarter + 0.5f);
    float x = (quarter - (float)whole) * 1.57079632679f, z = x * x;
    float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * x + x;
    float c =
        ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
        0.5f * z + 1;
    float a = whole & 1 ? s : c, b = whole & 1 ? c : s;
    *cosine = (whole + 1) & 2 ? -a : a;
    *sine = whole & 2 ? -b : b;
}

FOR_EVERY_PROCESSOR
void random_fill_normal(uint64_t seed, uint64_t plane, float *values, size_t count)
{
    uint32_t words[GROUP];
    float group[GROUP];
    for (size_t at = 0; at < count; at += GROUP) {
        size_t here = count - at < GROUP ? count - at : GROUP;
        fill_group(seed, plane, (uint32_t)(at / GROUP), words);
        for (int i = 0; i < HALF; i++) {
            float away = sqrtf(-2 * logarithm((float)(int)((words[i] >> 8) + 1) * 0x1p-24f));
            float cosine, sine;
            turn((float)(int)(words[HALF + i] >> 8) * 0x1p-24f, &cosine, &sine);
            group[i] = away * cosine;
            group[HALF + i] = away * sine;
        }
        memcpy(values + at, group, here * sizeof *group);
    }
}
