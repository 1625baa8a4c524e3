#include "export/web_runtime.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base64.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"

/* One build of it: the library, the glue between it and its WebAssembly, and that. */
typedef struct Build {
    const char *script, *library, *glue, *wasm;
} Build;

static const Build BUILDS[] = {
    {"runtime-wasm.js", "ort.wasm.min.js", "ort-wasm-simd-threaded.mjs",
     "ort-wasm-simd-threaded.wasm"},
    {"runtime-webgpu.js", "ort.webgpu.min.js", "ort-wasm-simd-threaded.asyncify.mjs",
     "ort-wasm-simd-threaded.asyncify.wasm"},
};
enum { BUILD_COUNT = sizeof BUILDS / sizeof *BUILDS };
static const size_t LARGEST_FILE = (size_t)1 << 28;
enum { GZIP_WINDOW = 15 + 16, GZIP_EFFORT = 6, GZIP_MEMORY = 8 };

static bool has_files(const char *folder)
{
    bool all = true;
    for (int i = 0; i < BUILD_COUNT && all; i++) {
        const char *const names[] = {BUILDS[i].library, BUILDS[i].glue, BUILDS[i].wasm};
        for (int k = 0; k < 3 && all; k++) {
            char *path = file_join(folder, names[k]);
            all = file_exists(path);
            free(path);
        }
    }
    return all;
}

/* The folder itself, or where npm puts them below it; NULL where they are not. */
static char *find_below(const char *folder)
{
    static const char *const PLACES[] = {"", "/dist", "/node_modules/onnxruntime-web/dist"};
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        char *place = memory_print("%s%s", folder, PLACES[i]);
        if (has_files(place))
            return place;
        free(place);
    }
    return NULL;
}

/* Beside the installed program: PREFIX/share/unmush/onnxruntime-web. */
static char *share_folder(void)
{
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    char *slash = strrchr(program, '/');
    return memory_print("%.*s/../share/unmush/onnxruntime-web", slash ? (int)(slash - program) : 0,
                        program);
}

static char *cache_folder(void)
{
    const char *caches = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    return caches && *caches == '/'
               ? file_join(caches, "unmush/onnxruntime-web")
               : memory_print("%s/.cache/unmush/onnxruntime-web", home ? home : "");
}

char *web_runtime_find(const char *named)
{
    const char *said = named ? named : getenv("UNMUSH_WEB_RUNTIME");
    bool own = said && *said;
    char *places[] = {own ? memory_copy_string(said) : share_folder(), cache_folder()};
    char *found = NULL;
    for (int i = 0; i < (own ? 1 : 2) && !found; i++)
        found = find_below(places[i]);
    if (!found && own)
        error_set(ERROR_FILE,
                  "%s: not the files of onnxruntime-web; get them by: npm install --ignore-scripts "
                  "--prefix %s onnxruntime-web@%s",
                  said, said, WEB_RUNTIME_VERSION);
    else if (!found)
        error_set(
            ERROR_FILE,
            "export: onnxruntime-web, which computes in the page, is not here; get it by: npm "
            "install --ignore-scripts --prefix %s onnxruntime-web@%s (or name its folder: "
            "--runtime=DIR)",
            places[1], WEB_RUNTIME_VERSION);
    free(places[0]);
    free(places[1]);
    return found;
}

/* From package.json above the files, where it is there. The caller frees it. */
static char *version_of(const char *runtime)
{
    char *path = memory_print("%s/../package.json", runtime);
    cJSON *package = file_exists(path) ? json_read(path) : NULL;
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(package, "version");
    char *text = memory_copy_string(cJSON_IsString(version) ? version->valuestring : "");
    error_clear();
    cJSON_Delete(package);
    free(path);
    return text;
}

static uint8_t *gzip(const uint8_t *bytes, size_t count, size_t *packed)
{
    z_stream z = {0};
    if (deflateInit2(&z, GZIP_EFFORT, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        error_set(ERROR_MEMORY, "export: cannot compress the runtime");
        return NULL;
    }
    size_t room = deflateBound(&z, count);
    uint8_t *output = memory_new(room);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)count;
    z.next_out = output;
    z.avail_out = (uInt)room;
    deflate(&z, Z_FINISH);
    *packed = room - z.avail_out;
    deflateEnd(&z);
    return output;
}

static uint8_t *read_part(const char *runtime, const char *name, size_t *count)
{
    char *path = file_join(runtime, name);
    uint8_t *bytes = file_read_whole(path, LARGEST_FILE, count);
    free(path);
    return bytes;
}

/* RUNTIME of one build, but its WebAssembly. */
static cJSON *describe(const Build *build, const char *runtime, const char *version,
                       const char *worker)
{
    size_t count;
    char *library = (char *)read_part(runtime, build->library, &count);
    char *glue = library ? (char *)read_part(runtime, build->glue, &count) : NULL;
    cJSON *object = NULL;
    if (glue) {
        object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "version", version);
        cJSON_AddStringToObject(object, "library", library);
        cJSON_AddStringToObject(object, "glue", glue);
        cJSON_AddStringToObject(object, "worker", worker);
    }
    free(library);
    free(glue);
    return object;
}

static int write_script(const char *path, const cJSON *object, const uint8_t *wasm, size_t count)
{
    FileWriter *writer = file_begin(path);
    if (!writer)
        return -1;
    char *line = json_line(object);
    fprintf(file_stream(writer), "\"use strict\";\nconst RUNTIME = %s;\nRUNTIME.wasm = \"", line);
    base64_print(wasm, count, file_stream(writer));
    fprintf(file_stream(writer), "\";\n");
    free(line);
    return file_commit(writer);
}

static int write_build(const char *folder, const Build *build, const char *runtime,
                       const char *version, const char *worker)
{
    size_t count = 0, packed_count = 0;
    cJSON *object = describe(build, runtime, version, worker);
    uint8_t *wasm = object ? read_part(runtime, build->wasm, &count) : NULL;
    uint8_t *packed = wasm ? gzip(wasm, count, &packed_count) : NULL;
    char *path = file_join(folder, build->script);
    int result = packed ? write_script(path, object, packed, packed_count) : -1;
    free(path);
    free(packed);
    free(wasm);
    cJSON_Delete(object);
    return result;
}

int web_runtime_write(const char *folder, const char *runtime, const char *worker)
{
    char *version = version_of(runtime);
    if (strcmp(version, WEB_RUNTIME_VERSION) != 0)
        log_warn("%s: onnxruntime-web %s; the page was tested with %s", runtime,
                 *version ? version : "of unknown version", WEB_RUNTIME_VERSION);
    int result = 0;
    for (int i = 0; i < BUILD_COUNT && result == 0; i++)
        result = write_build(folder, &BUILDS[i], runtime, version, worker);
    free(version);
    return result;
}
