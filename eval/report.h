/* index.html: one self-contained page that says what an evaluation found. */
#ifndef EVAL_REPORT_H
#define EVAL_REPORT_H

#include "eval/results.h"
#include "eval/strips.h"

/* Writes the page atomically: report.html with its placeholders filled. */
int report_write(const Results *results, const Strips *strips, const char *path);

#endif
