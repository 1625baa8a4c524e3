/* Command drivers: one table per command gives its help text and parses its command line. */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fields.h"

typedef struct Command {
    const char *name;     /* "pairs" */
    const char *summary;  /* one line */
    const char *synopsis; /* what follows the name: "-o OUT.h5 --scale=S IMAGE|DIR..." */
    const char *example;  /* one whole command line */
    const char *notes;    /* more lines for --help, or NULL */
    const Field *options; /* its own options; --threads, -q and --help are added */
    int least, most;      /* positional arguments; most -1: no limit */
    bool has_json;        /* prints its result as JSON when --json asks for it */
} Command;

/* What every command takes. */
typedef struct CommonOptions {
    int64_t threads; /* 0: as many as this rank's share of the processors */
    bool quiet, json;
} CommonOptions;

typedef enum Parsed { PARSED_RUN, PARSED_HELP, PARSED_ERROR } Parsed;

/* Parses argv[1..] (argv[0] is the command's name) into the struct `options` of `command->options`;
 * the positional arguments go to `arguments`. Options are --name=value, --name value, -o value.
 * PARSED_HELP: help was printed, nothing is to be done. PARSED_ERROR: ERROR_USAGE is pending.
 * Applies --threads and -q at once. Free with command_free. */
Parsed command_parse(const Command *command, void *options, StringList *arguments, int argc,
                     char **argv);
void command_free(const Command *command, void *options, StringList *arguments);

/* Valid after command_parse. */
const CommonOptions *command_common(void);

void command_help(const Command *command, FILE *stream);

/* What it takes beside its own options: --threads, --quiet, perhaps --json. */
const Field *command_common_fields(const Command *command);

/* From now on command_parse shows the command to `visit` and returns PARSED_HELP instead of
 * parsing, so that manual pages and completion come from the tables. NULL ends it. */
typedef void CommandVisitor(void *context, const Command *command);
void command_visit(CommandVisitor *visit, void *context);

#endif
