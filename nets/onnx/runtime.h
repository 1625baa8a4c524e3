/* ONNX Runtime, where its C library is installed: loaded at first use, on the processor. Its table
 * of functions only grows (version 1 of it is used), so any release since 1.0 will do. */
#ifndef NETS_ONNX_RUNTIME_H
#define NETS_ONNX_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "nets/onnx/interface.h"

/* Whether libonnxruntime.so is there, or the file that $UNMUSH_ONNXRUNTIME names. Where it names
 * one that cannot be loaded: false with ERROR_FILE; otherwise no error. */
bool onnx_runtime_found(void);
const char *onnx_runtime_version(void); /* "ONNX Runtime 1.20.1" of a runtime that was found */

typedef struct OnnxSession OnnxSession;

/* A file as a session. NULL with ERROR_FORMAT or ERROR_MEMORY naming it, or ERROR_FILE without a
 * runtime. */
OnnxSession *onnx_session_open(const char *path, int threads);
void onnx_session_close(OnnxSession *session); /* NULL is fine */
const OnnxInterface *onnx_session_interface(const OnnxSession *session);

/* input (1,channels,h,w) -> output (1,shape[0],shape[1],shape[2]), which the caller frees; NULL
 * with ERROR_FORMAT naming the file, or ERROR_MEMORY. */
float *onnx_session_run(OnnxSession *session, const float *input, int64_t h, int64_t w,
                        int64_t *shape);
/* The same for `pictures` at a time: input (pictures,channels,h,w) -> output (shape[0], ...,
 * shape[3]), as many pictures. */
float *onnx_session_run_batch(OnnxSession *session, const float *input, int64_t pictures, int64_t h,
                              int64_t w, int64_t *shape);

#endif
