/* Scripts that complete a program's command lines in shells, from its tables. */
#ifndef CORE_COMPLETION_H
#define CORE_COMPLETION_H

#include "core/command.h"

typedef enum Shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH } Shell;
#define SHELL_NAMES "bash|zsh|fish"

/* The script is what these three print one after the other, with completion_command once for each
 * command. `names`: of all commands. */
void completion_begin(Shell shell, const StringList *names, FILE *stream);
void completion_command(Shell shell, const Command *command, FILE *stream);
void completion_end(Shell shell, FILE *stream);

#endif
