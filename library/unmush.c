#include "library/unmush.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/threads.h"
#include "library/buffer.h"
#include "nets/onnx/file.h"
#include "upscale/upscaler.h"

enum { LEAST_TILE = 16, MOST_TILE = 8192, MOST_THREADS = 1024 };

struct unmush_model {
    Upscaler *upscaler;
    int threads; /* 0: all */
};

/* ---- Entering and leaving ------------------------------------------------------------------- */

/* What a call borrows of its thread, and gives back: numbers are read and written as C does,
 * whatever the program's language; loops have the model's number of threads. */
typedef struct Entry {
    locale_t own, callers;
    int before; /* the threads of a call around this one, whose progress function makes it; 0 */
    bool tensors;
    int callers_threads;
} Entry;

/* False without memory. */
static bool enter(Entry *entry, int threads)
{
    *entry = (Entry){.own = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (!entry->own || !memory_reserve()) {
        if (entry->own)
            freelocale(entry->own);
        return false;
    }
    entry->callers = uselocale(entry->own);
    entry->before = threads_set_here(threads);
    return true;
}

static void enter_tensors(Entry *entry)
{
    entry->callers_threads = tensor_threads(threads_count());
    entry->tensors = true;
}

static void leave(Entry *entry)
{
    if (entry->tensors)
        tensor_threads(entry->callers_threads);
    threads_set_here(entry->before);
    uselocale(entry->callers);
    freelocale(entry->own);
}

static int say(int status, const char *text, char *message, size_t bytes)
{
    if (message && bytes > 0)
        snprintf(message, bytes, "%s", text);
    return status;
}

static int status_of(ErrorCode code)
{
    switch (code) {
    case ERROR_NONE:
        return UNMUSH_OK;
    case ERROR_USAGE:
    case ERROR_SHAPE:
        return UNMUSH_ERROR_ARGUMENT;
    case ERROR_FILE:
        return UNMUSH_ERROR_FILE;
    case ERROR_FORMAT:
    case ERROR_CONFIG:
    case ERROR_RESULT:
        return UNMUSH_ERROR_MODEL;
    case ERROR_MEMORY:
        return UNMUSH_ERROR_MEMORY;
    case ERROR_TENSOR:
    case ERROR_RANK:
        return UNMUSH_ERROR_COMPUTE;
    case ERROR_INTERRUPT:
        return UNMUSH_CANCELLED;
    }
    return UNMUSH_ERROR_COMPUTE;
}

/* Takes this thread's error to the caller. */
static int conclude(char *message, size_t bytes)
{
    int status = status_of(error_pending());
    say(status, error_message(), message, bytes);
    error_clear();
    return status;
}

static int no_memory(char *message, size_t bytes)
{
    return say(UNMUSH_ERROR_MEMORY, "out of memory", message, bytes);
}

/* ---- Models --------------------------------------------------------------------------------- */

/* The caller's options as this version has them. 0, or -1 with an error. */
static int read_options(const unmush_options *given, unmush_options *options)
{
    *options = (unmush_options)UNMUSH_OPTIONS;
    if (!given)
        return 0;
    if (given->size < offsetof(unmush_options, threads) + sizeof given->threads)
        return error_set(ERROR_USAGE, "options: size is not set");
    size_t known = given->size < sizeof *options ? given->size : sizeof *options;
    for (size_t i = known; i < given->size; i++)
        if (((const unsigned char *)given)[i] != 0)
            return error_set(ERROR_USAGE, "options: made for a later version than %s",
                             UNMUSH_VERSION);
    memcpy(options, given, known);
    if (options->threads < 0 || options->threads > MOST_THREADS)
        return error_set(ERROR_USAGE, "options: %d threads, 0 to %d are possible", options->threads,
                         MOST_THREADS);
    if (options->tile != 0 && (options->tile < LEAST_TILE || options->tile > MOST_TILE))
        return error_set(ERROR_USAGE, "options: a tile of %d, 0 or %d to %d are possible",
                         options->tile, LEAST_TILE, MOST_TILE);
    if (options->bf16 != 0 && options->bf16 != 1)
        return error_set(ERROR_USAGE, "options: bf16 is neither 0 nor 1");
    if (options->reserved != 0)
        return error_set(ERROR_USAGE, "options: reserved is not 0");
    return 0;
}

static unmush_model *open_model(const char *path, const unmush_options *options)
{
    unmush_model *model = memory_ask(1, sizeof *model);
    if (!model)
        return NULL;
    model->threads = options->threads;
    model->upscaler = upscaler_open(path, options->bf16 ? PRECISION_BF16 : PRECISION_FP32,
                                    ONNX_AUTO, options->tile);
    if (model->upscaler && error_pending() == ERROR_NONE)
        return model;
    unmush_close(model);
    return NULL;
}

int unmush_open(unmush_model **model, const char *path, const unmush_options *given, char *message,
                size_t bytes)
{
    Entry entry;
    unmush_options options;
    if (!model)
        return say(UNMUSH_ERROR_ARGUMENT, "no place for the model", message, bytes);
    *model = NULL;
    if (!path)
        return say(UNMUSH_ERROR_ARGUMENT, "no path", message, bytes);
    if (read_options(given, &options) != 0)
        return conclude(message, bytes);
    if (!enter(&entry, options.threads))
        return no_memory(message, bytes);
    /* Files that ONNX Runtime runs, which it does in their own precision alone, need no libtorch.
     */
    if (options.bf16 || !onnx_file_is(path) || !onnx_runtime_found())
        enter_tensors(&entry);
    *model = error_pending() ? NULL : open_model(path, &options);
    leave(&entry);
    return conclude(message, bytes);
}

void unmush_close(unmush_model *model)
{
    if (!model)
        return;
    upscaler_free(model->upscaler);
    free(model);
}

int unmush_scale(const unmush_model *model)
{
    return upscaler_scale(model->upscaler);
}

const char *unmush_name(const unmush_model *model)
{
    const Engine *e = upscaler_look(model->upscaler);
    const Architecture *a = e->model ? e->model->specification.architecture : NULL;
    return a && a != &FOREIGN ? a->name : "onnx";
}

const char *unmush_engine(const unmush_model *model)
{
    return upscaler_engine(model->upscaler);
}

const char *unmush_version(void)
{
    return UNMUSH_VERSION;
}

/* ---- Pictures ------------------------------------------------------------------------------- */

typedef struct Listener {
    unmush_progress *progress;
    void *context;
    const Entry *entry;
} Listener;

/* The caller's function runs under the caller's locale. */
static int pass_on(void *context, int64_t done, int64_t total)
{
    const Listener *l = context;
    uselocale(l->entry->callers);
    int answer = l->progress(l->context, (double)done / (double)total);
    uselocale(l->entry->own);
    return answer == 0 ? 0 : error_set(ERROR_INTERRUPT, "cancelled");
}

static void upscale(const unmush_model *model, const unmush_pixels *from, const unmush_pixels *to,
                    Listener *listener)
{
    Pixels pixels = buffer_pixels(from);
    BufferSink sink;
    RowSink *rows = buffer_sink(&sink, to);
    upscaler_stream(model->upscaler, &pixels, rows, listener->progress ? pass_on : NULL, listener);
}

int unmush_upscale(unmush_model *model, const unmush_pixels *from, const unmush_pixels *to,
                   unmush_progress *progress, void *context, char *message, size_t bytes)
{
    Entry entry;
    if (!model)
        return say(UNMUSH_ERROR_ARGUMENT, "no model", message, bytes);
    if (buffer_check(from, to, unmush_scale(model)) != 0)
        return conclude(message, bytes);
    if (!enter(&entry, model->threads))
        return no_memory(message, bytes);
    if (upscaler_look(model->upscaler)->network)
        enter_tensors(&entry);
    Listener listener = {progress, context, &entry};
    upscale(model, from, to, &listener);
    leave(&entry);
    return conclude(message, bytes);
}
