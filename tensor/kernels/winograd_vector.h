/* Vectors of LANES floats, as winograd_PROCESSOR.c sets it up, from maps and to them. */
#ifndef TENSOR_KERNELS_WINOGRAD_VECTOR_H
#define TENSOR_KERNELS_WINOGRAD_VECTOR_H

#include <string.h>

#include "tensor/kernels/map.h"

#define INLINE static inline __attribute__((always_inline))

/* FACTORS: what products are made of. */
#define FLOATS      1
#define BF16_PAIRS  2
#define INT16_PAIRS 3
#define PAIRS       (FACTORS == FLOATS ? 1 : 2)

typedef float Vector __attribute__((vector_size(4 * LANES)));
typedef int32_t Integers __attribute__((vector_size(4 * LANES)));
typedef uint32_t Bits __attribute__((vector_size(4 * LANES)));
typedef uint16_t Halves __attribute__((vector_size(2 * LANES)));

INLINE Vector vector_of(float value)
{
    return value - (Vector){0};
}

INLINE Vector load(const float *p)
{
    Vector v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store(float *p, Vector v)
{
    memcpy(p, &v, sizeof v);
}

/* To aligned memory that is not read soon. */
INLINE void store_past_caches(float *p, Vector v)
{
#if LANES == 16
    _mm512_stream_ps(p, (__m512)v);
#else
    store(p, v);
#endif
}

/* Before other threads read what was stored past caches. */
INLINE void finish_stores(void)
{
#if LANES == 16
    _mm_sfence();
#endif
}

/* value > 0 ? a : b, so b where it is not a number. */
INLINE Vector where_positive(Vector value, Vector a, Vector b)
{
#if LANES == 16
    return (Vector)_mm512_mask_blend_ps(
        _mm512_cmp_ps_mask((__m512)value, _mm512_setzero_ps(), _CMP_GT_OQ), (__m512)b, (__m512)a);
#else
    Integers positive = value > (Vector){0};
    return (Vector)((positive & (Integers)a) | (~positive & (Integers)b));
#endif
}

INLINE Vector from_bf16(Halves halves)
{
    return (Vector)(__builtin_convertvector(halves, Bits) << 16);
}

/* To the nearest, ties to even; what is not a number stays so. With BF16_PAIRS values below 2^-126
 * are 0. */
INLINE Halves to_bf16(Vector v)
{
#if FACTORS == BF16_PAIRS
    return (Halves)_mm512_cvtneps_pbh((__m512)v);
#elif LANES == 16
    Bits bits = (Bits)v, rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    __mmask16 number = _mm512_cmp_ps_mask((__m512)v, (__m512)v, _CMP_ORD_Q);
    return (Halves)_mm512_cvtepi32_epi16(
        _mm512_mask_mov_epi32(_mm512_set1_epi32(0x7fc0), number, (__m512i)rounded));
#else
    Bits bits = (Bits)v, number = (Bits)(v == v);
    Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    rounded = (rounded & number) | (~number & 0x7fc0);
    return __builtin_convertvector(rounded, Halves);
#endif
}

/* Pairs of a's and b's values, rounded to bf16. */
INLINE Vector pairs_of(Vector a, Vector b)
{
#if FACTORS == BF16_PAIRS
    typedef uint16_t Order __attribute__((vector_size(64)));
    const Order order = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                         8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __m512i both = (__m512i)_mm512_cvtne2ps_pbh((__m512)b, (__m512)a);
    return (Vector)_mm512_permutexvar_epi16((__m512i)order, both);
#else
    (void)a;
    return b;
#endif
}

/* sum + value * v, or the sum of the products of pairs. */
INLINE Vector multiply_add(Vector sum, float value, Vector v)
{
#if FACTORS == BF16_PAIRS
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_ps(value), (__m512bh)v);
#elif FACTORS == INT16_PAIRS
    /* gcc 12 keeps the sums of its function for this in memory. */
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(_mm512_set1_ps(value)), "v"(v));
    return sum;
#else
    return sum + value * v;
#endif
}

/* The first `count` values of a map's memory, zeros behind them. */
INLINE Vector load_values(const void *p, bool bf16, int count)
{
    if (count >= LANES) {
        if (!bf16)
            return load(p);
        Halves halves;
        memcpy(&halves, p, sizeof halves);
        return from_bf16(halves);
    }
#if LANES == 16
    __mmask16 mask = (__mmask16)((1u << count) - 1);
    if (bf16)
        return from_bf16((Halves)_mm256_maskz_loadu_epi16(mask, p));
    return (Vector)_mm512_maskz_loadu_ps(mask, p);
#else
    Halves halves = {0};
    Vector v = {0};
    for (int i = 0; i < count; i++) {
        if (bf16)
            halves[i] = ((const uint16_t *)p)[i];
        else
            v[i] = ((const float *)p)[i];
    }
    return bf16 ? from_bf16(halves) : v;
#endif
}

INLINE void store_values(void *p, bool bf16, int count, Vector v)
{
    Halves halves = {0};
    if (bf16)
        halves = to_bf16(v);
    if (count >= LANES) {
        if (bf16)
            memcpy(p, &halves, sizeof halves);
        else
            store(p, v);
        return;
    }
#if LANES == 16
    __mmask16 mask = (__mmask16)((1u << count) - 1);
    if (bf16)
        _mm256_mask_storeu_epi16(p, mask, (__m256i)halves);
    else
        _mm512_mask_storeu_ps(p, mask, (__m512)v);
#else
    for (int i = 0; i < count; i++) {
        if (bf16)
            ((uint16_t *)p)[i] = halves[i];
        else
            ((float *)p)[i] = v[i];
    }
#endif
}

#endif
