/* unmush synth: the command. */
#include <pthread.h>
#include <stdlib.h>

#include "core/command.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"
#include "data/synth.h"

typedef struct SynthOptions {
    char *output;
    int64_t count, seed;
    Extent size;
    int kind;
} SynthOptions;

static const Field OPTIONS[] = {{.name = "output",
                                 .letter = 'o',
                                 .kind = FIELD_STRING,
                                 .offset = offsetof(SynthOptions, output),
                                 .argument = "DIR",
                                 .help = "folder for the pictures, made if missing"},
                                {.name = "count",
                                 .kind = FIELD_INTEGER,
                                 .offset = offsetof(SynthOptions, count),
                                 .fallback = "80",
                                 .min = 1,
                                 .max = 1 << 24,
                                 .help = "how many pictures"},
                                {.name = "size",
                                 .kind = FIELD_EXTENT,
                                 .offset = offsetof(SynthOptions, size),
                                 .fallback = "480x320",
                                 .help = "width and height of each, 16 to 4096"},
                                {.name = "kind",
                                 .kind = FIELD_CHOICE,
                                 .offset = offsetof(SynthOptions, kind),
                                 .fallback = "leaves",
                                 .choices = SYNTH_KINDS,
                                 .help = "dead leaves for photographs, or letters and boxes, or "
                                         "outlines and flat fills"},
                                {.name = "seed",
                                 .kind = FIELD_INTEGER,
                                 .offset = offsetof(SynthOptions, seed),
                                 .fallback = "0",
                                 .min = 0,
                                 .max = 0x1p53 - 1,
                                 .help = "another seed, other pictures"},
                                {0}};

static const Command COMMAND = {
    .name = "synth",
    .summary = "procedural training pictures (dead leaves, screenshots, drawings)",
    .synopsis = "-o DIR [--kind=KIND] [--count=N] [--size=WxH] [--seed=N]",
    .example = "unmush synth -o pictures --count=80 --size=480x320",
    .notes =
        "Writes DIR/synth-SEED-0000.png and so on. Each picture depends on kind, seed, number and\n"
        "size alone, whatever the number of threads or ranks.",
    .options = OPTIONS,
    .has_json = true,
};

typedef struct Work {
    const SynthOptions *options;
    Share share;
    Progress progress;
    int done;
    pthread_mutex_t lock;
} Work;

static int check_options(const SynthOptions *o)
{
    if (!o->output)
        return error_set(ERROR_USAGE, "synth: say where to, with -o DIR");
    if (o->size.w < 16 || o->size.w > 4096 || o->size.h < 16 || o->size.h > 4096)
        return error_set(ERROR_USAGE, "synth: --size: width and height must be 16 to 4096");
    return 0;
}

static int write_picture(void *context, int i)
{
    Work *work = context;
    if (interrupt_pending())
        return error_set(ERROR_INTERRUPT, "interrupted");
    uint32_t index = (uint32_t)(work->share.first + i);
    const SynthOptions *o = work->options;
    Image image = synth_picture_of((SynthKind)o->kind, (uint64_t)o->seed, index, (int)o->size.w,
                                   (int)o->size.h);
    char *name = memory_print("synth-%lld-%04u.png", (long long)o->seed, index);
    char *path = file_join(o->output, name);
    int result = image_write(path, &image);
    free(path);
    free(name);
    image_free(&image);
    pthread_mutex_lock(&work->lock);
    progress_update(&work->progress, ++work->done, NULL);
    pthread_mutex_unlock(&work->lock);
    return result;
}

static int write_pictures(const SynthOptions *o)
{
    Work work = {.options = o, .share = ranks_share(o->count, ranks_rank(), ranks_size())};
    interrupt_catch();
    pthread_mutex_init(&work.lock, NULL);
    work.progress = progress_begin("drawing", "pictures", 0, work.share.count);
    int result = file_make_directories(o->output);
    if (result == 0)
        result = threads_for((int)work.share.count, write_picture, &work);
    if (result == 0)
        progress_end(&work.progress);
    pthread_mutex_destroy(&work.lock);
    return result;
}

static void report(const SynthOptions *o)
{
    if (ranks_rank() != 0)
        return;
    if (!command_common()->json) {
        if (!log_is_quiet())
            printf("%lld pictures of %lldx%lld: %s\n", (long long)o->count, (long long)o->size.w,
                   (long long)o->size.h, o->output);
        return;
    }
    cJSON *result = cJSON_CreateObject();
    cJSON_AddNumberToObject(result, "pictures", (double)o->count);
    cJSON_AddStringToObject(result, "folder", o->output);
    char *line = json_line(result);
    puts(line);
    free(line);
    cJSON_Delete(result);
}

int synth_command(int argc, char **argv)
{
    SynthOptions options = {0};
    StringList arguments = {0};
    Parsed parsed = command_parse(&COMMAND, &options, &arguments, argc, argv);
    int result = parsed == PARSED_ERROR ? -1 : 0;
    if (parsed == PARSED_RUN && (result = check_options(&options)) == 0 &&
        (result = ranks_begin()) == 0) {
        write_pictures(&options);
        result = ranks_agree();
        if (result == 0)
            report(&options);
    }
    command_free(&COMMAND, &options, &arguments);
    return result;
}
