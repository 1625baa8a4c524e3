#include "core/random_fill.h"

#include <math.h>
#include <string.h>

#include "core/random.h"
#include "core/vector.h"

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#include <immintrin.h>
#define HAS_WIDE
#endif

enum { LANES = 16, GROUP = 4 * LANES, HALF = GROUP / 2, CHUNK = 16 * GROUP };

/* The words of counters 16 * group and the 15 after it. See random_philox for one of them. */
static void fill_group(uint64_t seed, uint64_t plane, uint32_t group, uint32_t *words)
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

#ifdef HAS_WIDE
/* The same for 8 of the counters, each in 64 bits of its own, whose upper half the multiplication
 * does not read: so nothing needs to be moved between lanes. Of plain C the
 * compiler made code that was half as fast. */
__attribute__((target("avx2"))) static void fill_half_wide(uint64_t seed, uint64_t plane,
                                                           uint32_t first, uint32_t *words)
{
    const __m256i m0 = _mm256_set1_epi64x(0xD2511F53), m1 = _mm256_set1_epi64x(0xCD9E8D57);
    __m256i k0 = _mm256_set1_epi32((int)(uint32_t)seed);
    __m256i k1 = _mm256_set1_epi32((int)(uint32_t)(seed >> 32));
    __m256i c[4][2];
    for (int v = 0; v < 2; v++) {
        c[0][v] = _mm256_add_epi64(_mm256_set1_epi64x((int64_t)first + 2 * v),
                                   _mm256_set_epi64x(5, 4, 1, 0));
        c[1][v] = _mm256_set1_epi32((int)(uint32_t)plane);
        c[2][v] = _mm256_set1_epi32((int)(uint32_t)(plane >> 32));
        c[3][v] = _mm256_set1_epi32((int)((uint32_t)RANDOM_FILL << 24));
    }
    for (int round = 0; round < 10; round++) {
        for (int v = 0; v < 2; v++) {
            __m256i p0 = _mm256_mul_epu32(c[0][v], m0), p1 = _mm256_mul_epu32(c[2][v], m1);
            __m256i high0 = _mm256_srli_epi64(p0, 32), high1 = _mm256_srli_epi64(p1, 32);
            c[0][v] = _mm256_xor_si256(_mm256_xor_si256(c[1][v], k0), high1);
            c[2][v] = _mm256_xor_si256(_mm256_xor_si256(c[3][v], k1), high0);
            c[1][v] = p1;
            c[3][v] = p0;
        }
        k0 = _mm256_add_epi32(k0, _mm256_set1_epi32((int)0x9E3779B9u));
        k1 = _mm256_add_epi32(k1, _mm256_set1_epi32((int)0xBB67AE85u));
    }
    for (int i = 0; i < 4; i++) {
        __m256 low = _mm256_castsi256_ps(c[i][0]), high = _mm256_castsi256_ps(c[i][1]);
        _mm256_storeu_ps((float *)(void *)(words + i * LANES), _mm256_shuffle_ps(low, high, 0x88));
    }
}
#endif

/* `groups` groups from the one that has word `at` on. */
static void fill_groups(uint64_t seed, uint64_t plane, size_t at, uint32_t *words, size_t groups)
{
    uint32_t group = (uint32_t)(at / GROUP);
#ifdef HAS_WIDE
    if (__builtin_cpu_supports("avx2")) {
        for (size_t i = 0; i < groups; i++, group++) {
            fill_half_wide(seed, plane, group * LANES, words + i * GROUP);
            fill_half_wide(seed, plane, group * LANES + LANES / 2, words + i * GROUP + LANES / 2);
        }
        return;
    }
#endif
    for (size_t i = 0; i < groups; i++, group++)
        fill_group(seed, plane, group, words + i * GROUP);
}

void random_fill_words(uint64_t seed, uint64_t plane, uint32_t *words, size_t count)
{
    size_t whole = count / GROUP * GROUP;
    uint32_t last[GROUP];
    fill_groups(seed, plane, 0, words, count / GROUP);
    if (whole == count)
        return;
    fill_groups(seed, plane, whole, last, 1);
    memcpy(words + whole, last, (count - whole) * sizeof *words);
}

FOR_EVERY_PROCESSOR
static void to_uniform(const uint32_t *words, float *values, size_t groups)
{
    for (size_t i = 0; i < groups * GROUP; i++)
        values[i] = (float)(int)(words[i] >> 8) * 0x1p-24f;
}

/* Makes groups of values of as many groups of words. */
typedef void Transform(const uint32_t *words, float *values, size_t groups);

static void fill_values(uint64_t seed, uint64_t plane, Transform *transform, float *values,
                        size_t count)
{
    uint32_t words[CHUNK];
    float last[GROUP];
    for (size_t at = 0; at < count; at += CHUNK) {
        size_t here = count - at < CHUNK ? count - at : CHUNK, groups = here / GROUP;
        fill_groups(seed, plane, at, words, (here + GROUP - 1) / GROUP);
        transform(words, values + at, groups);
        if (here == groups * GROUP)
            continue;
        transform(words + groups * GROUP, last, 1);
        memcpy(values + at + groups * GROUP, last, (here - groups * GROUP) * sizeof *values);
    }
}

void random_fill_uniform(uint64_t seed, uint64_t plane, float *values, size_t count)
{
    fill_values(seed, plane, to_uniform, values, count);
}

/* For functions that loops below use: the clone for another processor would call them else. */
#define INLINE static inline __attribute__((always_inline))

/* The natural logarithm of 0 < x <= 1: a polynomial on sqrt(1/2) .. sqrt(2), whose coefficients are
 * those of Cephes' logf. */
INLINE float logarithm(float x)
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
INLINE void turn(float u, float *cosine, float *sine)
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
static void to_normal(const uint32_t *words, float *values, size_t groups)
{
    for (; groups > 0; groups--, words += GROUP, values += GROUP)
        for (int i = 0; i < HALF; i++) {
            float away = sqrtf(-2 * logarithm((float)(int)((words[i] >> 8) + 1) * 0x1p-24f));
            float cosine, sine;
            turn((float)(int)(words[HALF + i] >> 8) * 0x1p-24f, &cosine, &sine);
            values[i] = away * cosine;
            values[HALF + i] = away * sine;
        }
}

void random_fill_normal(uint64_t seed, uint64_t plane, float *values, size_t count)
{
    fill_values(seed, plane, to_normal, values, count);
}
