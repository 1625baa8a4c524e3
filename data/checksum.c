#include "data/checksum.h"

#include <string.h>

/* Sums run in LANES columns, as vectors of GCC and Clang: compiled from plain loops they take
 * twice as long. With 256 rows of 16-bit words the weighted sum of a column stays below 2^32. */
enum { LANES = 16, MOST_ROWS = 256, ROW_BYTES = 2 * LANES };
typedef uint16_t WordRow __attribute__((vector_size(ROW_BYTES)));
typedef uint32_t SumRow __attribute__((vector_size(2 * ROW_BYTES)));

typedef struct Sums {
    uint64_t first, second;
} Sums;

/* The residue modulo 65535 that folding carries leaves: 65535 instead of 0 unless all was 0. */
static uint64_t fold(uint64_t sum)
{
    uint64_t rest = sum % 65535;
    return rest == 0 && sum != 0 ? 65535 : rest;
}

static void add_word(Sums *sums, const uint8_t bytes[2])
{
    uint16_t word;
    memcpy(&word, bytes, sizeof word);
    sums->first = fold(sums->first + word);
    sums->second = fold(sums->second + sums->first);
}

/* Word i of n adds n - i times to the second sum; in row r of R and column l that is
 * LANES * (R - r) - l, and `weighted` collects the part in parentheses. */
static void add_rows(Sums *sums, const uint8_t *bytes, size_t rows)
{
    SumRow plain = {0}, weighted = {0};
    for (size_t row = 0; row < rows; row++, bytes += ROW_BYTES) {
        WordRow words;
        memcpy(&words, bytes, sizeof words);
        plain += __builtin_convertvector(words, SumRow);
        weighted += plain;
    }
    uint64_t first = 0, second = rows * LANES * sums->first;
    for (uint64_t lane = 0; lane < LANES; lane++) {
        first += plain[lane];
        second += LANES * (uint64_t)weighted[lane] - lane * plain[lane];
    }
    sums->first = fold(sums->first + first);
    sums->second = fold(sums->second + second);
}

/* Swapping the bytes of a word multiplies it by 256 modulo 65535, so the words can be summed in the
 * machine's byte order and only the sums be put in the checksum's. */
static uint32_t big_endian(uint64_t sum)
{
    uint16_t word = (uint16_t)sum;
    uint8_t bytes[2];
    memcpy(bytes, &word, sizeof word);
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

uint32_t checksum_fletcher32(const uint8_t *bytes, size_t count)
{
    Sums sums = {0, 0};
    while (count >= ROW_BYTES) {
        size_t rows = count / ROW_BYTES < MOST_ROWS ? count / ROW_BYTES : MOST_ROWS;
        add_rows(&sums, bytes, rows);
        bytes += rows * ROW_BYTES;
        count -= rows * ROW_BYTES;
    }
    for (; count >= 2; bytes += 2, count -= 2)
        add_word(&sums, bytes);
    if (count > 0)
        add_word(&sums, (const uint8_t[2]){bytes[0], 0});
    return big_endian(sums.second) << 16 | big_endian(sums.first);
}

/* Bit by bit: what is checked so is a few hundred bytes long. */
uint32_t checksum_crc32c(const uint8_t *bytes, size_t count)
{
    static const uint32_t REFLECTED = 0x82f63b78u;
    uint32_t crc = ~0u;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? REFLECTED : 0);
    }
    return ~crc;
}
