/* The parts behind weights_read and weights_write, shared by the file formats and their tests. */
#ifndef NETS_WEIGHTS_FILES_H
#define NETS_WEIGHTS_FILES_H

#include "nets/weights.h"

/* Each parses a whole file already in memory; `name` is for messages. NULL with ERROR_FORMAT.
 * weights_parse tells the formats apart and does everything that weights_read does. */
Weights *weights_parse(const uint8_t *bytes, size_t count, const char *name);
Weights *safetensors_parse(const uint8_t *bytes, size_t count, const char *name);
Weights *pth_parse(const uint8_t *bytes, size_t count, const char *name);

/* Writes `path` atomically; see weights_write. */
int safetensors_write(const char *path, const Weights *weights);

/* The product of `rank` extents. False if one is negative or the product has over 62 bits. */
bool weights_product(int rank, const int64_t *shape, int64_t *product);

/* 0 if `length` bytes can be a key: not empty, at most 1024, no control characters, and not the
 * word that safetensors keeps for itself. ERROR_FORMAT otherwise. */
int weights_check_key(const char *key, size_t length, const char *name);

/* 0 if no key occurs twice; ERROR_FORMAT with the key otherwise. */
int weights_check_distinct(const Weights *weights, const char *name);

/* Copies at most `size` - 1 of `length` bytes for a message, '?' in place of control characters.
 * Returns `to`. */
const char *weights_printable(char *to, size_t size, const void *text, size_t length);

#endif
