/* bf16: the upper half of a float. */
#ifndef TENSOR_KERNELS_BF16_H
#define TENSOR_KERNELS_BF16_H

#include <stdint.h>
#include <string.h>

static inline float bf16_widen(uint16_t value)
{
    uint32_t bits = (uint32_t)value << 16;
    float wide;
    memcpy(&wide, &bits, sizeof wide);
    return wide;
}

/* Rounds to nearest even; NaNs stay NaNs. */
static inline uint16_t bf16_narrow(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    return (uint16_t)(value != value ? bits >> 16 | 0x40 : rounded);
}

#endif
