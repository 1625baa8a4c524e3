#include "nets/onnx/runtime.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/memory_text.h"
#include "nets/elements.h"

/* ---- What is used of ONNX Runtime's C interface --------------------------------------------- */

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtSession OrtSession;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtValue OrtValue;
typedef struct OrtShape OrtShape;
typedef void OrtFunction(void);

enum { API_VERSION = 1, LOG_FATAL = 4, ARENA_ALLOCATOR = 1, MEMORY_DEFAULT = 0 };
enum { ELEMENT_FLOAT = 1, ELEMENT_HALF = 10 };

/* The functions of version 1, 102 places that never change; those between are not used. */
typedef struct OrtApi {
    OrtFunction *unused_0[2];
    const char *(*get_error_message)(const OrtStatus *status);
    OrtStatus *(*create_env)(int level, const char *name, OrtEnv **env);
    OrtFunction *unused_4[3];
    OrtStatus *(*create_session)(const OrtEnv *env, const char *path,
                                 const OrtSessionOptions *options, OrtSession **session);
    OrtFunction *unused_8[1];
    OrtStatus *(*run)(OrtSession *session, const void *options, const char *const *input_names,
                      const OrtValue *const *inputs, size_t input_count,
                      const char *const *output_names, size_t output_count, OrtValue **outputs);
    OrtStatus *(*create_session_options)(OrtSessionOptions **options);
    OrtFunction *unused_11[13];
    OrtStatus *(*set_intra_op_threads)(OrtSessionOptions *options, int count);
    OrtStatus *(*set_inter_op_threads)(OrtSessionOptions *options, int count);
    OrtFunction *unused_26[23];
    OrtStatus *(*create_tensor)(const OrtMemoryInfo *info, void *data, size_t bytes,
                                const int64_t *shape, size_t rank, int element, OrtValue **value);
    OrtFunction *unused_50[1];
    OrtStatus *(*get_tensor_data)(OrtValue *value, void **data);
    OrtFunction *unused_52[8];
    OrtStatus *(*get_element_type)(const OrtShape *shape, int *element);
    OrtStatus *(*get_rank)(const OrtShape *shape, size_t *rank);
    OrtStatus *(*get_extents)(const OrtShape *shape, int64_t *extents, size_t rank);
    OrtFunction *unused_63[2];
    OrtStatus *(*get_shape)(const OrtValue *value, OrtShape **shape);
    OrtFunction *unused_66[3];
    OrtStatus *(*create_cpu_memory_info)(int allocator, int memory, OrtMemoryInfo **info);
    OrtFunction *unused_70[23];
    void (*release_status)(OrtStatus *status);
    void (*release_memory_info)(OrtMemoryInfo *info);
    void (*release_session)(OrtSession *session);
    void (*release_value)(OrtValue *value);
    OrtFunction *unused_97[2];
    void (*release_shape)(OrtShape *shape);
    void (*release_session_options)(OrtSessionOptions *options);
    OrtFunction *unused_101[1];
} OrtApi;

#define CHECK_PLACE(member, place)                                                                 \
    _Static_assert(offsetof(OrtApi, member) == (place) * sizeof(OrtFunction *), #member)
CHECK_PLACE(get_error_message, 2);
CHECK_PLACE(create_session, 7);
CHECK_PLACE(run, 9);
CHECK_PLACE(set_intra_op_threads, 24);
CHECK_PLACE(create_tensor, 49);
CHECK_PLACE(get_tensor_data, 51);
CHECK_PLACE(get_element_type, 60);
CHECK_PLACE(get_shape, 65);
CHECK_PLACE(create_cpu_memory_info, 69);
CHECK_PLACE(release_status, 93);
CHECK_PLACE(release_shape, 99);
CHECK_PLACE(release_session_options, 100);

typedef struct OrtApiBase {
    const OrtApi *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
} OrtApiBase;

/* ---- The library ---------------------------------------------------------------------------- */

static struct {
    bool tried;
    const OrtApi *api;
    OrtEnv *env;
    char version[64];
} runtime;

static void start(void *library)
{
    const OrtApiBase *(*get_base)(void) = NULL;
    void *symbol = dlsym(library, "OrtGetApiBase");
    memcpy(&get_base, &symbol, sizeof get_base);
    const OrtApiBase *base = get_base ? get_base() : NULL;
    const OrtApi *api = base ? base->get_api(API_VERSION) : NULL;
    /* It would print on its own what its errors say too. */
    OrtStatus *status = api ? api->create_env(LOG_FATAL, "unmush", &runtime.env) : NULL;
    if (!api || status)
        return;
    snprintf(runtime.version, sizeof runtime.version, "ONNX Runtime %.40s", base->get_version());
    runtime.api = api;
}

static bool find(void)
{
    static const char *const NAMES[] = {"libonnxruntime.so.1", "libonnxruntime.so"};
    const char *named = getenv("UNMUSH_ONNXRUNTIME");
    if (runtime.tried && (runtime.api || !named || !*named))
        return runtime.api != NULL;
    runtime.tried = true;
    if (named && *named) {
        void *library = dlopen(named, RTLD_NOW | RTLD_LOCAL);
        if (library)
            start(library);
        if (!runtime.api)
            error_set(ERROR_FILE, "%s ($UNMUSH_ONNXRUNTIME): cannot load ONNX Runtime: %s", named,
                      library ? "not its C library" : dlerror());
        return runtime.api != NULL;
    }
    for (size_t i = 0; !runtime.api && i < sizeof NAMES / sizeof *NAMES; i++) {
        void *library = dlopen(NAMES[i], RTLD_NOW | RTLD_LOCAL);
        if (library)
            start(library);
    }
    return runtime.api != NULL;
}

bool onnx_runtime_found(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    bool found = find();
    pthread_mutex_unlock(&lock);
    return found;
}

const char *onnx_runtime_version(void)
{
    return runtime.version;
}

/* ---- Sessions ------------------------------------------------------------------------------- */

struct OnnxSession {
    char *path;
    OnnxInterface interface;
    OrtSession *session;
    OrtMemoryInfo *memory;
};

/* 0, or -1 with the status as one line. Its codes are of no help: all failures of a network's
 * operations have the same. */
static int check(const char *path, OrtStatus *status)
{
    if (!status)
        return 0;
    const char *text = runtime.api->get_error_message(status);
    ErrorCode code = memory_text(text) ? ERROR_MEMORY : ERROR_FORMAT;
    char message[400];
    snprintf(message, sizeof message, "%s", text);
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20)
            *c = ' ';
    runtime.api->release_status(status);
    return error_set(code, "%s: ONNX Runtime: %s", path, message);
}

static int create(OnnxSession *s, int threads)
{
    const OrtApi *api = runtime.api;
    OrtSessionOptions *options = NULL;
    int result = check(s->path, api->create_session_options(&options));
    if (result == 0)
        result = check(s->path, api->set_intra_op_threads(options, threads));
    if (result == 0)
        result = check(s->path, api->set_inter_op_threads(options, 1));
    if (result == 0)
        result = check(s->path, api->create_session(runtime.env, s->path, options, &s->session));
    if (result == 0)
        result = check(s->path,
                       api->create_cpu_memory_info(ARENA_ALLOCATOR, MEMORY_DEFAULT, &s->memory));
    if (options)
        api->release_session_options(options);
    return result;
}

OnnxSession *onnx_session_open(const char *path, int threads)
{
    if (!onnx_runtime_found()) {
        error_set(ERROR_FILE, "%s: ONNX Runtime (libonnxruntime.so) is not installed", path);
        return NULL;
    }
    OnnxSession *s = memory_new(sizeof *s);
    s->path = memory_copy_string(path);
    if (onnx_interface_read(path, &s->interface) == 0 && create(s, threads) == 0)
        return s;
    onnx_session_close(s);
    return NULL;
}

void onnx_session_close(OnnxSession *s)
{
    if (!s)
        return;
    if (s->session)
        runtime.api->release_session(s->session);
    if (s->memory)
        runtime.api->release_memory_info(s->memory);
    onnx_interface_free(&s->interface);
    free(s->path);
    free(s);
}

const OnnxInterface *onnx_session_interface(const OnnxSession *s)
{
    return &s->interface;
}

/* ---- Running -------------------------------------------------------------------------------- */

/* Extents of `pictures` float pictures. */
static int read_shape(const OnnxSession *s, const OrtValue *value, int64_t pictures, int *element,
                      int64_t *extents)
{
    const OrtApi *api = runtime.api;
    OrtShape *shape = NULL;
    size_t rank = 0;
    int result = check(s->path, api->get_shape(value, &shape));
    if (result == 0)
        result = check(s->path, api->get_rank(shape, &rank));
    if (result == 0)
        result = check(s->path, api->get_element_type(shape, element));
    if (result == 0 && (rank != 4 || (*element != ELEMENT_FLOAT && *element != ELEMENT_HALF)))
        result = error_set(ERROR_FORMAT, "%s: does not give float pictures", s->path);
    if (result == 0)
        result = check(s->path, api->get_extents(shape, extents, rank));
    for (int i = 0; result == 0 && i < 4; i++)
        if (extents[i] < 1 || extents[i] > INT16_MAX * (int64_t)INT16_MAX)
            result = error_set(ERROR_FORMAT, "%s: gives pictures of an impossible size", s->path);
    if (result == 0 && extents[0] != pictures)
        result = error_set(ERROR_FORMAT, "%s: gives %lld pictures of %lld", s->path,
                           (long long)extents[0], (long long)pictures);
    if (shape)
        api->release_shape(shape);
    return result;
}

static float *copy_output(const OnnxSession *s, OrtValue *value, int64_t pictures, int64_t *shape)
{
    int element;
    void *data = NULL;
    if (read_shape(s, value, pictures, &element, shape) != 0 ||
        check(s->path, runtime.api->get_tensor_data(value, &data)) != 0)
        return NULL;
    int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
    float *values = memory_ask((size_t)count, sizeof *values);
    if (values)
        element_convert(element == ELEMENT_HALF ? ELEMENT_F16 : ELEMENT_F32, data, count, values);
    return values;
}

float *onnx_session_run_batch(OnnxSession *s, const float *input, int64_t pictures, int64_t h,
                              int64_t w, int64_t *shape)
{
    const OrtApi *api = runtime.api;
    const int64_t extents[4] = {pictures, s->interface.channels, h, w};
    size_t count = (size_t)(pictures * extents[1] * h * w);
    bool half = s->interface.half;
    size_t bytes = count * (half ? sizeof(uint16_t) : sizeof(float));
    void *copy = memory_ask(bytes, 1);
    if (!copy)
        return NULL;
    if (half)
        element_to_half(input, (int64_t)count, copy);
    else
        memcpy(copy, input, bytes);
    OrtValue *given = NULL, *made = NULL;
    int result = check(s->path, api->create_tensor(s->memory, copy, bytes, extents, 4,
                                                   half ? ELEMENT_HALF : ELEMENT_FLOAT, &given));
    if (result == 0)
        result = check(s->path, api->run(s->session, NULL, (const char *[]){s->interface.input},
                                         (const OrtValue *[]){given}, 1,
                                         (const char *[]){s->interface.output}, 1, &made));
    float *output = result == 0 ? copy_output(s, made, pictures, shape) : NULL;
    if (given)
        api->release_value(given);
    if (made)
        api->release_value(made);
    free(copy);
    return output;
}

float *onnx_session_run(OnnxSession *s, const float *input, int64_t h, int64_t w, int64_t *shape)
{
    int64_t extents[4];
    float *output = onnx_session_run_batch(s, input, 1, h, w, extents);
    if (output)
        memcpy(shape, extents + 1, 3 * sizeof *shape);
    return output;
}
