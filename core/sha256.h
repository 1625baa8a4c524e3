/* SHA-256 (FIPS 180-4), to say which bytes a number came from and to check downloads. */
#ifndef CORE_SHA256_H
#define CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* The digest as four words, most significant first. */
void sha256(const void *bytes, size_t count, uint64_t digest[4]);

/* The digest as 64 hexadecimal digits, as sha256sum prints it. */
void sha256_text(const uint64_t digest[4], char text[65]);

#endif
