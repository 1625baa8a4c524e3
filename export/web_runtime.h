/* onnxruntime-web, which computes models in browsers: its files come from npm and are packed into
 * scripts of the page. */
#ifndef EXPORT_WEB_RUNTIME_H
#define EXPORT_WEB_RUNTIME_H

/* The version that the page is made for and tested with. */
#define WEB_RUNTIME_VERSION "1.30.0"

/* The folder of its files: what `named` says (--runtime) or $UNMUSH_WEB_RUNTIME, else unmush's
 * share folder or ~/.cache/unmush/onnxruntime-web, where npm may have installed the package. The
 * caller frees it. NULL with ERROR_FILE, which says how to get them. */
char *web_runtime_find(const char *named);

/* Writes FOLDER/runtime-wasm.js and runtime-webgpu.js from the files in `runtime`. `worker` is the
 * page's own program that runs beside the library. 0 or -1. */
int web_runtime_write(const char *folder, const char *runtime, const char *worker);

#endif
