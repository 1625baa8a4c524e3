/* unmush eval: measure how upscalers smooth and what they make up. */
#ifndef EVAL_EVAL_COMMAND_H
#define EVAL_EVAL_COMMAND_H

/* argv[0] is "eval". Collective. 0, or -1 with the error pending. Writes metrics.json, metrics.csv
 * and index.html into the output folder. */
int eval_command(int argc, char **argv);

#endif
