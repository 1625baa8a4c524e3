/* The files of an evaluation. */
#ifndef EVAL_OUTPUTS_H
#define EVAL_OUTPUTS_H

#include "eval/exhibits.h"
#include "eval/results.h"

/* Writes metrics.json (which `json` is), metrics.csv, classes.csv, strips.png, plane.svg (these
 * three only with truth) and index.html into a folder that exists. All or none: each file is
 * finished beside its name before the first one gets it. */
int outputs_write(const Results *results, const Exhibits *exhibits, const cJSON *json,
                  const char *folder);

#endif
