/* Runs every method on every picture and measures what comes out. */
#ifndef EVAL_JUDGE_H
#define EVAL_JUDGE_H

#include "eval/exhibits.h"
#include "eval/perceptual.h"
#include "eval/results.h"

/* Fills results and exhibits; picture i belongs to rank i mod size, methods that allow it run in
 * parallel threads. Collective; every rank returns the same. */
int judge_all(PerceptualMeasure *perceptual, Results *results, Exhibits *exhibits);

#endif
