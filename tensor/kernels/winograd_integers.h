/* Factors as pairs of int16, whose products are added exactly. A tile's channels share one scale at
 * each point, and so do a filter's: factors are rounded to the 2^-13th or so of the largest. What
 * that adds is less than rounding maps to bf16 does, where products of bf16 would add three times
 * as much: enlarged pictures differ from fp32's as much as with products of floats (54 to 63 dB).
 * A channel thousands of times smaller than another of its tile is lost beside it, though.
 * Sums are less than 2^31, whatever the values: a tile's largest factor times the sum of a
 * filter's.
 */
#ifndef TENSOR_KERNELS_WINOGRAD_INTEGERS_H
#define TENSOR_KERNELS_WINOGRAD_INTEGERS_H

#include "tensor/kernels/winograd_steps.h"
#include "tensor/kernels/winograd_vector.h"

/* The largest factor of tiles with so many channels: the fewer add up, the more bits are left. */
static inline float largest_factor(int64_t channels)
{
    return channels <= 128 ? 16383 : channels <= 1024 ? 8191 : 4095;
}

INLINE Vector magnitude(Vector v)
{
    return (Vector)((Bits)v & 0x7fffffff);
}

/* The larger magnitude; what is not a number is larger than all others. */
INLINE Vector larger(Vector a, Vector b)
{
    return (Vector)_mm512_max_epi32((__m512i)a, (__m512i)b);
}

/* scales: what a factor of 1 stands for, where the largest is `most` and stands for `largest`; not
 * a number where that is none. Returns their inverse, 0 there. */
INLINE Vector inverse_scales(Vector largest, float most, Vector *scales)
{
    Vector bounded = (Vector)_mm512_max_ps((__m512)largest, _mm512_set1_ps(1e-30f));
    __mmask16 finite =
        _mm512_cmp_epi32_mask((__m512i)largest, _mm512_set1_epi32(0x7f800000), _MM_CMPINT_LT);
    *scales = (Vector)_mm512_mask_blend_ps(finite, _mm512_set1_ps(__builtin_nanf("")),
                                           (__m512)((1 / most) * bounded));
    return (Vector)_mm512_maskz_mov_ps(finite, (__m512)(most / bounded));
}

INLINE __m512i to_integers(Vector v)
{
    return _mm512_cvtps_epi32((__m512)v);
}

/* The largest magnitude of each of 16 vectors, in the order of these. */
INLINE Vector largest_of_each(const Vector *v)
{
    __m512 pairs[8], fours[4], eights[2];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) { /* of vectors 4 i and 4 i + 1, or 4 (i - 4) + 2 and + 3 */
        int first = i < 4 ? 4 * i : 4 * (i - 4) + 2;
        __m512 one = (__m512)v[first], other = (__m512)v[first + 1];
        pairs[i] = (__m512)larger((Vector)_mm512_unpacklo_ps(one, other),
                                  (Vector)_mm512_unpackhi_ps(one, other));
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) { /* of vectors 4 i .. 4 i + 3, in each quarter */
        __m512d one = (__m512d)pairs[i], other = (__m512d)pairs[i + 4];
        fours[i] = (__m512)larger((Vector)_mm512_unpacklo_pd(one, other),
                                  (Vector)_mm512_unpackhi_pd(one, other));
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++)
        eights[i] =
            (__m512)larger((Vector)_mm512_shuffle_f32x4(fours[2 * i], fours[2 * i + 1], 0x88),
                           (Vector)_mm512_shuffle_f32x4(fours[2 * i], fours[2 * i + 1], 0xdd));
    return larger((Vector)_mm512_shuffle_f32x4(eights[0], eights[1], 0x88),
                  (Vector)_mm512_shuffle_f32x4(eights[0], eights[1], 0xdd));
}

/* A tile's channels, as floats at room[vector][point], to its row of v. */
INLINE void round_vectors(const float *room, const int64_t vectors, const Transformed *v,
                          int64_t row)
{
    enum { ROOM = WINOGRAD_POINTS * LANES };
    float inverse[48], scales[48], most = largest_factor(vectors * LANES);
#pragma GCC unroll 3
    for (int first = 0; first < WINOGRAD_POINTS; first += LANES) {
        Vector largest[LANES], scale;
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) {
            const float *from = room + (first + i) * LANES;
            largest[i] = first + i < WINOGRAD_POINTS ? magnitude(load(from)) : (Vector){0};
            for (int64_t k = 1; k < vectors && first + i < WINOGRAD_POINTS; k++)
                largest[i] = larger(largest[i], magnitude(load(from + k * ROOM)));
        }
        store(inverse + first, inverse_scales(largest_of_each(largest), most, &scale));
        store(scales + first, scale);
    }
    float *to = v->values + row * v->row, *to_scale = v->scales + row;
    int64_t plane = v->plane, scale_plane = v->scale_plane;
    for (int point = 0; point < WINOGRAD_POINTS; point++) {
        Vector factor = vector_of(inverse[point]);
        for (int64_t k = 0; k < vectors; k++)
            _mm256_storeu_si256((__m256i *)(to + k * LANES / 2),
                                _mm512_cvtepi32_epi16(to_integers(factor * load(room + k * ROOM))));
        *to_scale = scales[point];
        room += LANES, to += plane, to_scale += scale_plane;
    }
}

INLINE void round_tile(const float *room, int64_t vectors, const Transformed *v, int64_t row)
{
    if (vectors == 4)
        round_vectors(room, 4, v, row);
    else
        round_vectors(room, vectors, v, row);
}

/* What is known of LANES filters at a point: the sum of the magnitudes, and the largest. */
typedef struct Extent {
    Vector sum, largest;
} Extent;

INLINE void extend(Extent *e, Vector v)
{
    e->sum += magnitude(v);
    e->largest = larger(e->largest, magnitude(v));
}

/* The scales of factors of `depth` channels. */
INLINE Vector filter_scales(const Extent *e, int64_t depth)
{
    /* Each is rounded up by at most a half, and the sum of floats was rounded. */
    float sum = (float)(0x7fe00000 / (int64_t)largest_factor(depth) - depth / 2 - 1);
    Vector by_sum, by_largest;
    inverse_scales(magnitude(e->sum), sum, &by_sum);
    inverse_scales(e->largest, 32767, &by_largest);
    return larger(by_sum, by_largest);
}

/* Pairs of two channels' factors. */
INLINE Vector integer_pairs(Vector a, Vector b)
{
    __m512i low = _mm512_and_si512(to_integers(a), _mm512_set1_epi32(0xffff));
    return (Vector)_mm512_or_si512(low, _mm512_slli_epi32(to_integers(b), 16));
}

#endif
