/* SHA-256 (FIPS 180-4), to say which bytes a number came from and to check downloads. */
#ifndef CORE_SHA256_H
#define CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* The digest as four words, most significant first. */
void sha256(const void *bytes, size_t count, uint64_t digest[4]);

/* The same of bytes that come in pieces. */
typedef struct Sha256 {
    uint32_t state[8];
    uint8_t pending[64]; /* of the block that is not whole yet */
    uint64_t count;      /* bytes so far */
} Sha256;
void sha256_begin(Sha256 *hash);
void sha256_add(Sha256 *hash, const void *bytes, size_t count);
void sha256_end(const Sha256 *hash, uint64_t digest[4]);

/* Of a file's content, whatever its size. ERROR_FILE. */
int sha256_file(const char *path, uint64_t digest[4]);

/* The digest as 64 hexadecimal digits, as sha256sum prints it. */
void sha256_text(const uint64_t digest[4], char text[65]);

#endif
