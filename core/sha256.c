#include "core/sha256.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"

static const uint32_t ROUNDS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int bits)
{
    return x >> bits | x << (32 - bits);
}

static uint32_t read_word(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* The words of round i: w[i % 16] becomes that of round i + 16. */
static uint32_t next_word(uint32_t w[16], int i)
{
    uint32_t a = w[(i + 1) % 16], b = w[(i + 14) % 16], word = w[i % 16];
    w[i % 16] = word + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[(i + 9) % 16] +
                (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    return word;
}

/* Round i; s[(7 - i) % 8] plays h, and so on, so that nothing is moved. */
static inline void take_round(uint32_t s[8], int i, uint32_t word)
{
    uint32_t a = s[(0 - i) & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7];
    uint32_t e = s[(4 - i) & 7], f = s[(5 - i) & 7], g = s[(6 - i) & 7];
    uint32_t first =
        s[(7 - i) & 7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + word;
    s[(3 - i) & 7] += first;
    s[(7 - i) & 7] =
        first + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
}

static void take_block(uint32_t state[8], const uint8_t block[64])
{
    uint32_t w[16], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = read_word(block + 4 * i);
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i += 16)
#pragma GCC unroll 16 /* then all indices are known */
        for (int k = 0; k < 16; k++)
            take_round(s, k, ROUNDS[i + k] + next_word(w, k));
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_begin(Sha256 *hash)
{
    *hash = (Sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                               0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(Sha256 *hash, const void *bytes, size_t count)
{
    const uint8_t *at = bytes;
    size_t pending = hash->count % 64;
    hash->count += count;
    if (pending) {
        size_t taken = count < 64 - pending ? count : 64 - pending;
        memcpy(hash->pending + pending, at, taken);
        if (pending + taken < 64)
            return;
        take_block(hash->state, hash->pending);
        at += taken;
        count -= taken;
    }
    for (; count >= 64; count -= 64, at += 64)
        take_block(hash->state, at);
    if (count)
        memcpy(hash->pending, at, count);
}

void sha256_end(const Sha256 *hash, uint64_t digest[4])
{
    uint32_t state[8];
    uint8_t tail[128] = {0};
    size_t left = hash->count % 64, padded = left < 56 ? 64 : 128;
    memcpy(state, hash->state, sizeof state);
    memcpy(tail, hash->pending, left);
    tail[left] = 0x80;
    for (int i = 0; i < 8; i++)
        tail[padded - 1 - (size_t)i] = (uint8_t)(hash->count * 8 >> 8 * i);
    for (size_t done = 0; done < padded; done += 64)
        take_block(state, tail + done);
    for (int i = 0; i < 4; i++)
        digest[i] = (uint64_t)state[2 * i] << 32 | state[2 * i + 1];
}

void sha256(const void *bytes, size_t count, uint64_t digest[4])
{
    Sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes, count);
    sha256_end(&hash, digest);
}

int sha256_file(const char *path, uint64_t digest[4])
{
    enum { PIECE = 1 << 18 };
    FILE *stream = file_open(path);
    if (!stream)
        return error_set_errno(ERROR_FILE, "%s: cannot read", path);
    Sha256 hash;
    sha256_begin(&hash);
    uint8_t *bytes = memory_new(PIECE);
    for (size_t count; (count = fread(bytes, 1, PIECE, stream)) > 0;)
        sha256_add(&hash, bytes, count);
    free(bytes);
    int result = ferror(stream) ? error_set_errno(ERROR_FILE, "%s: cannot read", path) : 0;
    fclose(stream);
    sha256_end(&hash, digest);
    return result;
}

void sha256_text(const uint64_t digest[4], char text[65])
{
    for (int i = 0; i < 4; i++)
        snprintf(text + 16 * i, 17, "%016" PRIx64, digest[i]);
}
