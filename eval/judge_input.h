/* Judges one picture without truth. */
#ifndef EVAL_JUDGE_INPUT_H
#define EVAL_JUDGE_INPUT_H

#include "eval/exhibits.h"
#include "eval/results.h"

/* Runs every method on picture `index`, of which only lr is there, fills its measurements and takes
 * what is to be shown of it. */
int judge_input(int index, const PicturePair *picture, Results *results, Exhibits *exhibits);

#endif
