#ifndef EVAL_INFO_COMMAND_H
#define EVAL_INFO_COMMAND_H

/* `unmush info FILE...`: what is in a model, pair store, checkpoint or weights file. */
int info_command(int argc, char **argv);

#endif
