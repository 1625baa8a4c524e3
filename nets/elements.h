/* The number types that weights files hold, and their conversion to float32. */
#ifndef NETS_ELEMENTS_H
#define NETS_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ElementType {
    ELEMENT_F32,
    ELEMENT_F16,
    ELEMENT_BF16,
    ELEMENT_F64,
    ELEMENT_I64,
    ELEMENT_I32,
    ELEMENT_I16,
    ELEMENT_I8,
    ELEMENT_U8,
    ELEMENT_BOOL
} ElementType;

/* The type that safetensors ("BF16") or torch ("BFloat16Storage") calls `text`, `length` bytes
 * long. False if there is none. */
bool element_from_dtype(const char *text, size_t length, ElementType *type);
bool element_from_storage(const char *text, size_t length, ElementType *type);

/* Bytes of one element in a file. */
int64_t element_bytes(ElementType type);

/* Converts `count` little-endian elements, of any alignment. Float32 is copied as it is; float64
 * and integers are rounded to the nearest float32; booleans become 0 and 1. */
void element_convert(ElementType type, const uint8_t *from, int64_t count, float *to);

/* float32 to float16, to the nearest, ties to even; what is too large becomes infinite. */
void element_to_half(const float *from, int64_t count, uint16_t *to);

#endif
