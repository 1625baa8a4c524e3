#ifndef EVAL_SHEET_H
#define EVAL_SHEET_H

#include "eval/results.h"
#include "eval/strips.h"

/* The strips as one PNG at 400 %, a row per picture: the input, bicubic, every model and folder of
 * pictures in their order, the truth. Written atomically. */
int sheet_write(const Results *results, const Strips *strips, const char *path);

#endif
