#include "core/base64.h"

enum { GROUPS = 1024 };

static void encode_group(const uint8_t *b, size_t left, char *group)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t word = (uint32_t)b[0] << 16;
    word |= left > 1 ? (uint32_t)b[1] << 8 : 0;
    word |= left > 2 ? b[2] : 0;
    for (int k = 0; k < 4; k++)
        group[k] = DIGITS[word >> (18 - 6 * k) & 63];
    group[2] = left > 1 ? group[2] : '=';
    group[3] = left > 2 ? group[3] : '=';
}

void base64_print(const uint8_t *bytes, size_t count, FILE *stream)
{
    char text[4 * GROUPS];
    size_t used = 0;
    for (size_t i = 0; i < count; i += 3) {
        encode_group(bytes + i, count - i, text + used);
        used += 4;
        if (used == sizeof text) {
            fwrite(text, 1, used, stream);
            used = 0;
        }
    }
    fwrite(text, 1, used, stream);
}
