#include "train/train_command.h"

#include <stdlib.h>
#include <string.h>

#include "core/command.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "train/launch.h"
#include "train/preview.h"
#include "train/run.h"

typedef struct TrainOptions {
    char *output;
    bool resume, dry_run;
    int64_t ranks;
} TrainOptions;

static const Field OPTIONS[] = {{.name = "output",
                                 .letter = 'o',
                                 .kind = FIELD_STRING,
                                 .offset = offsetof(TrainOptions, output),
                                 .argument = "RUN_DIR",
                                 .help = "where everything goes; default runs/NAME"},
                                {.name = "resume",
                                 .kind = FIELD_FLAG,
                                 .offset = offsetof(TrainOptions, resume),
                                 .help = "go on from the newest checkpoint in RUN_DIR"},
                                {.name = "dry-run",
                                 .kind = FIELD_FLAG,
                                 .offset = offsetof(TrainOptions, dry_run),
                                 .help = "check all, tell what it will cost, write nothing"},
                                {.name = "ranks",
                                 .kind = FIELD_INTEGER,
                                 .offset = offsetof(TrainOptions, ranks),
                                 .min = 0,
                                 .max = 4096,
                                 .help = "run on N ranks of this machine, through mpirun"},
                                {0}};

static const Command TRAIN = {
    .name = "train",
    .summary = "train an upscaler, on one or many ranks",
    .synopsis = "CONFIG.json [KEY=VALUE...] [-o RUN_DIR] [--resume] [--dry-run] [--ranks=N]",
    .example = "unmush train configs/balanced-small.json --dry-run\n"
               "  unmush train configs/l1.json stages[0].steps=2000 batch=8 -o runs/mine --ranks=2",
    .notes =
        "KEY=VALUE replaces a value of the config (configs/README.md explains the keys).\n"
        "A run of 100 steps or more begins with what --dry-run tells: its memory, and how long it will take.\n"
        "RUN_DIR receives config.json, log.jsonl and report.html (to open while the run goes on),\n"
        "TensorBoard's event files, a .safetensors model per stage, the best by validation,\n"
        "model.safetensors (the last one), checkpoints and validation pictures.\n"
        "Ctrl-C, SIGTERM and SIGUSR1 write a checkpoint first; --resume goes on from it.\n"
        "On several machines mpirun or srun starts it, without --ranks (README.md).",
    .options = OPTIONS,
    .least = 1,
    .most = -1};

/* Everything after the config's name is an override. */
static int read_config(Config *config, const StringList *arguments)
{
    StringList overrides = {arguments->items + 1, arguments->count - 1, 0};
    for (int i = 0; i < overrides.count; i++)
        if (!strchr(overrides.items[i], '='))
            return error_set(ERROR_USAGE, "train: %s: expected KEY=VALUE after the config",
                             overrides.items[i]);
    return config_read(config, arguments->items[0], &overrides);
}

static int train(const Config *config, const TrainOptions *options)
{
    char *folder = options->output ? memory_copy_string(options->output)
                                   : memory_print("runs/%s", config->name);
    Run run;
    RunMode mode = options->dry_run ? RUN_DRY : options->resume ? RUN_RESUME : RUN_NEW;
    int result = run_open(&run, config, folder, mode);
    if (result == 0 && (options->dry_run || preview_is_due(&run)))
        result = preview_run(&run);
    if (result == 0 && !options->dry_run)
        result = run_train(&run);
    run_close(&run);
    free(folder);
    return result;
}

static int run_command(const TrainOptions *options, const StringList *arguments, int argc,
                       char **argv)
{
    Config config = {0};
    if (ranks_begin() != 0)
        return -1;
    if (options->ranks > 0 && ranks_use_mpi()) {
        error_set(ERROR_USAGE, "train: --ranks: mpirun started this already");
        return ranks_agree();
    }
    int result = read_config(&config, arguments);
    if (options->ranks > 0) {
        if (result == 0)
            result = launch_ranks((int)options->ranks, argc, argv);
    } else if (ranks_agree() == 0) {
        interrupt_catch();
        result = train(&config, options);
    } else {
        result = -1;
    }
    config_free(&config);
    return result;
}

int train_command(int argc, char **argv)
{
    TrainOptions options;
    StringList arguments;
    Parsed parsed = command_parse(&TRAIN, &options, &arguments, argc, argv);
    int result = parsed == PARSED_RUN    ? run_command(&options, &arguments, argc, argv)
                 : parsed == PARSED_HELP ? 0
                                         : -1;
    command_free(&TRAIN, &options, &arguments);
    return result;
}
