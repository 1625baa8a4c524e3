/* Named arrays in host memory, and the files they live in. Nothing here loads libtorch; readers of
 * foreign files execute nothing, bound every size before allocating, and name what they refuse. */
#ifndef NETS_WEIGHTS_H
#define NETS_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEIGHT_MOST_DIMENSIONS = 5 };

/* One array, always float32 in memory: files' float16, bfloat16 and float64 are converted,
 * integer tensors too (num_batches_tracked). */
typedef struct Weight {
    char *key;
    int rank;
    int64_t shape[WEIGHT_MOST_DIMENSIONS];
    int64_t count; /* product of shape; 1 for rank 0 */
    float *values;
} Weight;

typedef struct WeightText {
    char *key, *value;
} WeightText;

typedef struct Weights {
    Weight *items; /* in file order */
    int count, capacity;
    WeightText *texts; /* string metadata, in file order */
    int text_count, text_capacity;
} Weights;

Weights *weights_new(void);
void weights_free(Weights *weights);

/* Adds a zeroed array and returns it, valid until the next one is added; keys are not checked for
 * duplicates here. */
Weight *weights_add(Weights *weights, const char *key, int rank, const int64_t *shape);
/* The same for arrays of files: NULL with ERROR_MEMORY, and none added, where memory lacks. */
Weight *weights_ask(Weights *weights, const char *key, int rank, const int64_t *shape);
Weight *weights_find(const Weights *weights, const char *key); /* NULL if absent, no error */
void weights_set_text(Weights *weights, const char *key, const char *value);
const char *weights_text(const Weights *weights, const char *key); /* NULL if absent */
Weights *weights_copy(const Weights *weights);
bool weight_same_shape(const Weight *a, const Weight *b);

/* Reads .safetensors, .pth in the zip or the older format (told apart by content). Wrapper
 * dictionaries are opened in spandrel's order with params_ema before params (REFERENCE:
 * model_state_dict, state_dict, params_ema, params-ema, params, model, net, then a single-key
 * dictionary); prefixes "module." and "netG." are dropped,
 * older generations of keys renamed (nets/rename.h). ERROR_FILE, ERROR_FORMAT with file and
 * field. */
Weights *weights_read(const char *path);

/* Atomically writes .safetensors: float32, keys in order, the texts as __metadata__. ERROR_FILE;
 * ERROR_FORMAT for keys that weights_read would refuse. */
int weights_write(const char *path, const Weights *weights);

/* The same as .pth in the zip format, as torch.save writes it: the arrays as one dictionary under
 * the key `wrapper`, texts left out. ERROR_FORMAT for files of 4 GiB, too. */
int weights_write_pth(const char *path, const Weights *weights, const char *wrapper);

#endif
