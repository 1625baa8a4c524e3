/* Enlarging pictures with a neural network, in somebody else's program.
 *
 *     unmush_model *model;
 *     char why[256];
 *     if (unmush_open(&model, "model.safetensors", NULL, why, sizeof why) != UNMUSH_OK) ...
 *     int scale = unmush_scale(model);
 *     unmush_pixels small = {data, width, height, 3, UNMUSH_U8, 0};
 *     unmush_pixels large = {room, width * scale, height * scale, 3, UNMUSH_U8, 0};
 *     if (unmush_upscale(model, &small, &large, NULL, NULL, why, sizeof why) != UNMUSH_OK) ...
 *     unmush_close(model);
 *
 * Every function may be called from any thread, and several threads may use one model at the same
 * time: they do not wait for one another, and each gets what it would get alone, bit for bit.
 * Threads started by the library itself compute for the call that started them alone. Do not call
 * it between fork and exec.
 *
 * Nothing is written to standard error, no signal is caught, no setting of the process (locale,
 * environment, malloc, OpenMP in the caller's threads) is changed, and nothing ends the process but
 * this: memory running out a second time while the first is being reported. Buffers are asked for
 * before they are used, and their lack is UNMUSH_ERROR_MEMORY. What a system does that promises
 * more memory than it has (Linux does, unless told otherwise) no library can prevent.
 *
 * The environment: $UNMUSH_TENSOR_LIBRARY names the part of unmush that is loaded by the first
 * model, which is else found beside libunmush.so or in its folder unmush. It loads libtorch (about
 * 0.4 s). $UNMUSH_ONNXRUNTIME names an ONNX Runtime for .onnx files, where the system has none.
 * ATEN_CPU_CAPABILITY=avx512 makes libtorch faster on processors with it, if it is set before the
 * first model is opened; the program `unmush` does so. */
#ifndef UNMUSH_H
#define UNMUSH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What functions return. */
enum {
    UNMUSH_OK = 0,
    UNMUSH_ERROR_ARGUMENT = 1, /* an argument is not as this header asks for */
    UNMUSH_ERROR_FILE = 2,     /* the file cannot be read */
    UNMUSH_ERROR_MODEL = 3,    /* the file holds no model that enlarges RGB pictures, or one whose
                                * output is no picture */
    UNMUSH_ERROR_MEMORY = 4,   /* too little memory; less may do with smaller tiles */
    UNMUSH_ERROR_COMPUTE = 5,  /* libtorch or ONNX Runtime are missing, or failed */
    UNMUSH_CANCELLED = 6       /* the progress function said so */
};

/* A model in memory. */
typedef struct unmush_model unmush_model;

/* How to compute. Set `size` (UNMUSH_OPTIONS does); zeros in all else are the defaults. Later
 * versions may add members, which are zero for programs that were built before. */
typedef struct unmush_options {
    size_t size; /* sizeof(unmush_options) */
    int threads; /* processors that one call may use; 0: all that the process has. Programs that
                  * call from several threads at once do best with a share of them */
    int tile; /* edge of the tiles in input pixels, 16 to 8192; 0: from the memory that is free */
    int bf16; /* 1: faster on processors and GPUs that have bfloat16, a little less exact */
    int reserved; /* 0 */
} unmush_options;
#define UNMUSH_OPTIONS                                                                             \
    {                                                                                              \
        sizeof(unmush_options), 0, 0, 0, 0                                                         \
    }

/* Opens .safetensors, .pth or .onnx; published weights are known by their keys.
 *   model            receives it; NULL on failure
 *   options          NULL: the defaults
 *   message, bytes   room for one line that says what went wrong, naming the file; "" on success.
 *                    NULL, 0: not wanted */
int unmush_open(unmush_model **model, const char *path, const unmush_options *options,
                char *message, size_t bytes);

/* No call may still use it. NULL is fine. */
void unmush_close(unmush_model *model);

/* How much larger pictures become, 1 to 16. */
int unmush_scale(const unmush_model *model);
/* The network: "srvgg", "rrdb", "swinir", ...; "onnx" for networks that only their file tells. */
const char *unmush_name(const unmush_model *model);
/* What computes it: "libtorch 2.6.0 (cpu)", "ONNX Runtime 1.21.0". */
const char *unmush_engine(const unmush_model *model);

/* Samples: 0..255, 0..65535 in the machine's order, or float in 0..1. They are sRGB's, as picture
 * files have them. */
enum { UNMUSH_U8 = 0, UNMUSH_U16 = 1, UNMUSH_F32 = 2 };

/* A picture in the caller's memory: interleaved samples, rows from the top down. This struct does
 * not change as long as the library's soname does not. */
typedef struct unmush_pixels {
    void *data;
    int width, height;
    int channels;     /* 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha (not premultiplied) */
    int type;         /* UNMUSH_U8, UNMUSH_U16 or UNMUSH_F32 */
    ptrdiff_t stride; /* bytes from a row to the one below: a multiple of the sample's size, perhaps
                       * negative (data is still the upper row); 0: rows follow one another */
} unmush_pixels;

/* Called in the caller's thread after every tile: the share done so far, above 0 and up to 1.
 * Anything but 0 cancels. It must not call longjmp or throw. */
typedef int unmush_progress(void *context, double done);

/* Enlarges a picture.
 *   from              read only; any size from 1 x 1 on
 *   to                receives it: scale times the extents, as many channels, any type. Float
 *                     samples are the network's own, a little beyond 0 and 1 too; others are
 *                     clipped and rounded. Undefined unless UNMUSH_OK. Must not overlap `from`
 *   progress          NULL: not wanted; `context` is handed on
 *   message, bytes    as in unmush_open
 * Large pictures are cut into tiles that overlap by what counts, so that the result does not depend
 * on them; beside the two pictures the call takes memory for one row of tiles. */
int unmush_upscale(unmush_model *model, const unmush_pixels *from, const unmush_pixels *to,
                   unmush_progress *progress, void *context, char *message, size_t bytes);

/* The library's version, "0.1.0". */
const char *unmush_version(void);

#ifdef __cplusplus
}
#endif
#endif
