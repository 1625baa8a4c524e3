#include "data/checksum.h"

/* Words summed at a time: the weighted sum of 256 words of 16 bits stays below 2^32. */
enum { BLOCK = 256 };

/* The residue modulo 65535 that folding carries leaves: 65535 instead of 0 unless all was 0. */
static uint32_t fold(uint64_t sum)
{
    uint32_t rest = (uint32_t)(sum % 65535);
    return rest == 0 && sum != 0 ? 65535 : rest;
}

uint32_t checksum_fletcher32(const uint8_t *bytes, size_t count)
{
    uint64_t first = 0, second = 0;
    size_t words = count / 2;
    while (words > 0) {
        uint32_t n = words < BLOCK ? (uint32_t)words : BLOCK, plain = 0, weighted = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t word = (uint32_t)bytes[2 * i] << 8 | bytes[2 * i + 1];
            plain += word;
            weighted += (n - i) * word;
        }
        second = fold(second + n * first + weighted);
        first = fold(first + plain);
        bytes += 2 * (size_t)n;
        words -= n;
    }
    if (count % 2 != 0) {
        first = fold(first + ((uint64_t)bytes[0] << 8));
        second = fold(second + first);
    }
    return (uint32_t)second << 16 | (uint32_t)first;
}
