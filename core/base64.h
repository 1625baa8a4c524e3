/* Bytes as text that fits into pages and scripts. */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Prints `count` bytes as base64 (RFC 4648, padded, without line ends). Errors are the stream's. */
void base64_print(const uint8_t *bytes, size_t count, FILE *stream);

#endif
