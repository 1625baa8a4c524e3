#include "export/web.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/embedded.h"
#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "export/onnx_model.h"
#include "export/web_model.h"
#include "export/web_runtime.h"

extern const Embedded WEB_FILES[];

/* The worker's programs, in their order; they go into the runtime's scripts, since a page that was
 * opened as a file cannot start a worker from another one. */
static const char *const WORKER[] = {"onnx_weights.js", "worker.js"};
enum { WORKER_COUNT = sizeof WORKER / sizeof *WORKER };

static const char *embedded_text(const char *name)
{
    for (const Embedded *file = WEB_FILES; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return (const char *)file->bytes;
    return "";
}

static bool is_worker(const char *name)
{
    for (int i = 0; i < WORKER_COUNT; i++)
        if (strcmp(WORKER[i], name) == 0)
            return true;
    return false;
}

static bool is_ours(const char *path)
{
    static const char *const MADE[] = {"model.js", "runtime-wasm.js", "runtime-webgpu.js"};
    const char *name = file_name(path);
    struct stat status;
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    for (size_t i = 0; i < sizeof MADE / sizeof *MADE; i++)
        if (strcmp(MADE[i], name) == 0)
            return true;
    return *embedded_text(name) != 0 && !is_worker(name);
}

/* Many a site has files of the same names: the model's tells whose they are. */
static int check_model(const char *folder)
{
    char *model = file_join(folder, "model.js");
    int result =
        web_model_is_one(model)
            ? 0
            : error_set(ERROR_FILE, "%s: is no model of such a page; name a new folder", model);
    free(model);
    return result;
}

/* The whole folder is replaced: it must be an earlier page and nothing else, or empty. */
static int check_output(const char *output)
{
    FileList entries = {0};
    if (!file_exists(output))
        return 0;
    int result = file_entries(output, &entries);
    for (int i = 0; i < entries.count && result == 0; i++)
        if (!is_ours(entries.paths[i]))
            result = error_set(ERROR_FILE, "%s: is no file of such a page; name a new folder",
                               entries.paths[i]);
    if (result == 0 && entries.count > 0)
        result = check_model(output);
    file_list_free(&entries);
    return result;
}

/* By the rule of `unmush blend`. */
static int check_blend(const ExportJob *job)
{
    if (!job->second)
        return 0;
    if (job->options->int8)
        return error_set(ERROR_USAGE,
                         "export: 8-bit numbers of two models cannot be blended; leave out "
                         "--int8, or the second model");
    Model *blend = model_blend(job->source, job->second_source, 0.5);
    model_free(blend);
    return blend ? 0 : -1;
}

static int write_pages(const char *folder)
{
    int result = 0;
    for (const Embedded *file = WEB_FILES; file->name && result == 0; file++) {
        if (is_worker(file->name))
            continue;
        char *path = file_join(folder, file->name);
        result = file_write_whole(path, file->bytes, file->count);
        free(path);
    }
    return result;
}

static int write_runtime(const char *folder, const char *runtime)
{
    char *worker = memory_print("%s\n%s", embedded_text(WORKER[0]), embedded_text(WORKER[1]));
    int result = web_runtime_write(folder, runtime, worker);
    free(worker);
    return result;
}

int web_write(const char *path, const ExportJob *job)
{
    if (check_output(job->options->output) != 0 || check_blend(job) != 0)
        return -1;
    char *runtime = web_runtime_find(job->options->runtime);
    int result = runtime ? web_model_write(path, job) : -1;
    if (result == 0)
        result = write_pages(path);
    if (result == 0)
        result = write_runtime(path, runtime);
    free(runtime);
    return result;
}

/* The same models give the same bytes: what is verified is what the page has. */
static int verify_end(const char *folder, const ExportJob *job, Agreement *agreement)
{
    char *path = file_join(folder, "model.onnx");
    Agreement found = {0};
    int result = onnx_model_write(path, job);
    if (result == 0)
        result = onnx_model_verify(path, job, &found);
    unlink(path);
    free(path);
    if (agreement->inputs == 0 || found.largest > agreement->largest)
        *agreement = found;
    return result;
}

int web_verify(const char *path, const ExportJob *job, Agreement *agreement)
{
    ExportJob ends[2];
    int count = web_ends(job, ends), result = 0;
    for (int i = 0; i < count && result == 0; i++)
        result = verify_end(path, &ends[i], agreement);
    return result;
}

char *web_opens_in(const ExportJob *job)
{
    return memory_print(
        "opens in: current browsers; open %s/index.html as a file, or put the folder "
        "on any web server",
        job->options->output);
}
