#include "nets/elements.h"

#include <math.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weights files are little-endian");

static const struct {
    const char *dtype, *storage;
    int64_t bytes;
} kinds[] = {
    [ELEMENT_F32] = {"F32", "FloatStorage", 4},      [ELEMENT_F16] = {"F16", "HalfStorage", 2},
    [ELEMENT_BF16] = {"BF16", "BFloat16Storage", 2}, [ELEMENT_F64] = {"F64", "DoubleStorage", 8},
    [ELEMENT_I64] = {"I64", "LongStorage", 8},       [ELEMENT_I32] = {"I32", "IntStorage", 4},
    [ELEMENT_I16] = {"I16", "ShortStorage", 2},      [ELEMENT_I8] = {"I8", "CharStorage", 1},
    [ELEMENT_U8] = {"U8", "ByteStorage", 1},         [ELEMENT_BOOL] = {"BOOL", "BoolStorage", 1},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static bool same(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

bool element_from_dtype(const char *text, size_t length, ElementType *type)
{
    for (int i = 0; i < KINDS; i++)
        if (same(kinds[i].dtype, text, length)) {
            *type = (ElementType)i;
            return true;
        }
    return false;
}

bool element_from_storage(const char *text, size_t length, ElementType *type)
{
    for (int i = 0; i < KINDS; i++)
        if (same(kinds[i].storage, text, length)) {
            *type = (ElementType)i;
            return true;
        }
    return false;
}

int64_t element_bytes(ElementType type)
{
    return kinds[type].bytes;
}

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float float_of_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
    if (exponent == 31)
        return float_of_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent > 0)
        return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float tiny = (float)fraction * 0x1p-24f;
    return sign ? -tiny : tiny;
}

/* One loop per type: reads `stored` unaligned and assigns `expression` to to[i]. */
#define CONVERT(stored, expression)                                                                \
    for (int64_t i = 0; i < count; i++) {                                                          \
        stored v;                                                                                  \
        memcpy(&v, from + i * (int64_t)sizeof v, sizeof v);                                        \
        to[i] = (expression);                                                                      \
    }                                                                                              \
    break

void element_convert(ElementType type, const uint8_t *from, int64_t count, float *to)
{
    switch (type) {
    case ELEMENT_F32:
        if (count > 0)
            memcpy(to, from, (size_t)count * sizeof *to);
        break;
    case ELEMENT_F16:
        CONVERT(uint16_t, float_of_half(v));
    case ELEMENT_BF16:
        CONVERT(uint16_t, float_of_bits((uint32_t)v << 16));
    case ELEMENT_F64:
        CONVERT(double, (float)v);
    case ELEMENT_I64:
        CONVERT(int64_t, (float)v);
    case ELEMENT_I32:
        CONVERT(int32_t, (float)v);
    case ELEMENT_I16:
        CONVERT(int16_t, (float)v);
    case ELEMENT_I8:
        CONVERT(int8_t, (float)v);
    case ELEMENT_U8:
        CONVERT(uint8_t, (float)v);
    case ELEMENT_BOOL:
        CONVERT(uint8_t, v ? 1.0f : 0.0f);
    }
}

static uint16_t half_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits > 0x7f800000)
        return sign | 0x7e00; /* not a number */
    if (bits >= 0x477ff000)
        return sign | 0x7c00; /* 65520 and above */
    if (bits < 0x38800000) {  /* below 2^-14: multiples of 2^-24 */
        float magnitude = float_of_bits(bits);
        return sign | (uint16_t)lrintf(magnitude * 0x1p24f);
    }
    uint32_t rounded = bits + 0xfff + (bits >> 13 & 1);
    return sign | (uint16_t)((rounded - 0x38000000) >> 13);
}

void element_to_half(const float *from, int64_t count, uint16_t *to)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = half_of_float(from[i]);
}
