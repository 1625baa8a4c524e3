/* The command that enlarges pictures. */
#ifndef UPSCALE_UPSCALE_COMMAND_H
#define UPSCALE_UPSCALE_COMMAND_H

/* `unmush upscale --model=FILE [-o OUT] [--tile=N] IMAGE|DIR...` */
int upscale_command(int argc, char **argv);

#endif
