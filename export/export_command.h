/* `unmush export`: a model as a file that other programs open. */
#ifndef EXPORT_EXPORT_COMMAND_H
#define EXPORT_EXPORT_COMMAND_H

/* argv[0] is "export". 0, or -1 with an error pending. */
int export_command(int argc, char **argv);

#endif
