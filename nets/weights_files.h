/* The parts behind weights_read and weights_write, for their tests. */
#ifndef NETS_WEIGHTS_FILES_H
#define NETS_WEIGHTS_FILES_H

#include "nets/weights.h"

/* Each parses a whole file already in memory; `name` is for messages. */
Weights *safetensors_parse(const uint8_t *bytes, size_t count, const char *name);
Weights *pth_parse(const uint8_t *bytes, size_t count, const char *name);

/* The same, written to an already open stream's path; see weights_write. */
int safetensors_write(const char *path, const Weights *weights);

#endif
