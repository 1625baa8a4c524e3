/* unmush: the table of subcommands. */
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/fields.h"
#include "core/log.h"
#include "core/ranks.h"
#include "data/pairs.h"
#include "data/synth.h"
#include "documentation.h"
#include "eval/eval_command.h"
#include "eval/info_command.h"
#include "export/export_command.h"
#include "nets/model.h"
#include "nets/weights_catalogue.h"
#include "train/train_command.h"
#include "upscale/upscale_command.h"
#include "version.h"

static const Subcommand COMMANDS[] = {
    {"synth", "draw procedural training pictures", synth_command},
    {"pairs", "make a store of high- and low-resolution pairs", pairs_command},
    {"train", "train an upscaler, on one or many ranks", train_command},
    {"eval", "measure how upscalers smooth and what they make up", eval_command},
    {"upscale", "enlarge pictures with a model", upscale_command},
    {"export", "write a model as ONNX or safetensors, verified", export_command},
    {"blend", "interpolate two models' weights", blend_command},
    {"weights", "show and fetch published weights for LPIPS, DISTS and losses", weights_command},
    {"info", "show what is in a model, pair store, checkpoint or weights file", info_command},
    {0}};

static int print_help(void)
{
    puts("unmush: train image upscalers, measure how much they smooth and how much they make up, "
         "ship them\n\nusage: unmush COMMAND [OPTIONS] [FILES]\n");
    for (const Subcommand *c = COMMANDS; c->name; c++)
        printf("  %-8s %s\n", c->name, c->summary);
    puts("\n`unmush COMMAND --help` explains one; `unmush --version` names every library.\n"
         "`mpirun -n N unmush train|pairs|eval ...` uses N ranks.\n"
         "`unmush completion bash|zsh|fish` prints what completes all this in a shell.\n\n"
         "example:\n  unmush upscale --model=model.safetensors -o large.png small.png");
    return 0;
}

static int unknown_command(const char *name)
{
    const char *nearest = NULL;
    int best = 3;
    for (const Subcommand *c = COMMANDS; c->name; c++) {
        int distance = spelling_distance(c->name, name);
        if (distance < best) {
            best = distance;
            nearest = c->name;
        }
    }
    return error_set(ERROR_USAGE, "%s: unknown command%s%s%s", name,
                     nearest ? ", did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return error_set(ERROR_USAGE, "no command given");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0)
        return version_print();
    for (const Subcommand *c = COMMANDS; c->name; c++)
        if (strcmp(c->name, argv[1]) == 0)
            return c->run(argc - 1, argv + 1);
    if (strcmp(argv[1], "completion") == 0)
        return documentation_complete(COMMANDS, argc - 1, argv + 1);
    if (strcmp(argv[1], "documentation") == 0)
        return documentation_write(COMMANDS, argc - 1, argv + 1);
    return unknown_command(argv[1]);
}

int main(int argc, char **argv)
{
    int result = dispatch(argc, argv);
    if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        result = error_set_errno(ERROR_FILE, "standard output");
    if (result == 0) {
        ranks_end();
        return 0;
    }
    int status = error_pending() == ERROR_USAGE ? 2 : 1;
    /* Every rank of a launched run found it, before MPI started: they agree, and one says so. */
    if (status == 2 && !ranks_use_mpi()) {
        ranks_begin();
        ranks_agree();
    }
    if (!ranks_failed_together())
        ranks_abort(); /* the other ranks wait for this one */
    /* After ranks_agree every rank holds the same message: one of them prints it. */
    if (ranks_rank() == 0)
        log_error("%s", error_message());
    ranks_end();
    return status;
}
