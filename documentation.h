/* Manual pages and completion of all commands. */
#ifndef DOCUMENTATION_H
#define DOCUMENTATION_H

typedef struct Subcommand {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} Subcommand;

/* `unmush completion bash|zsh|fish`: the script on standard output. The table ends with NULL. */
int documentation_complete(const Subcommand *commands, int argc, char **argv);

/* `unmush documentation FOLDER`, for the build: man1/unmush.1 and its commands', bash/unmush,
 * zsh/_unmush and fish/unmush.fish in it. */
int documentation_write(const Subcommand *commands, int argc, char **argv);

#endif
