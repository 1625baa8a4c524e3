/* index.html: one self-contained page that says what an evaluation found. */
#ifndef EVAL_REPORT_H
#define EVAL_REPORT_H

#include "eval/exhibits.h"
#include "eval/results.h"

/* Writes the page atomically: report.html with its placeholders filled and the parts left out for
 * which there is nothing to show. */
int report_write(const Results *results, const Exhibits *exhibits, const char *path);

/* Writes the page's plane as an SVG of its own, atomically: for papers and READMEs. */
int report_write_plane(const Results *results, const Exhibits *exhibits, const char *path);

#endif
