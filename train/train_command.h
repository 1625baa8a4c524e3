#ifndef TRAIN_TRAIN_COMMAND_H
#define TRAIN_TRAIN_COMMAND_H

/* `unmush train CONFIG.json [KEY=VALUE...] [-o RUN_DIR] [--resume] [--ranks=N]`. Collective: starts
 * the ranks if a launcher started this process. */
int train_command(int argc, char **argv);

#endif
