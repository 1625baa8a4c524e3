/* The parts of the page, each writing HTML to a stream; for report.c. */
#ifndef EVAL_REPORT_PARTS_H
#define EVAL_REPORT_PARTS_H

#include "eval/exhibits.h"
#include "eval/html.h"
#include "eval/results.h"

typedef struct Page {
    const Results *results;
    const Exhibits *exhibits;
} Page;

/* "-" where the value is undefined. */
void html_number(FILE *stream, Metric metric, double value);

/* The classes that colour a method, the same everywhere on the page: "model c2". */
void html_method(FILE *stream, const Results *results, int method);

bool method_is(const Results *results, int method, const char *kind);

/* The findings as sentences: the best ends of the plane, then one for every method. */
void report_lead(FILE *stream, const Page *page);
void report_sentences(FILE *stream, const Page *page);
/* The same where there is no truth. */
void report_input_lead(FILE *stream, const Page *page);
void report_input_sentences(FILE *stream, const Page *page);

enum { PLANE_WIDTH = 620, PLANE_HEIGHT = 470 };

/* An SVG plane: smoothing to the right, hallucination upward; a labelled mark and the intervals of
 * every method, the Pareto front, the curve of blends. */
void report_plane(FILE *stream, const Page *page);

/* The blends' pictures and numbers, one step of the dial after the other. */
void report_dial(FILE *stream, const Page *page);
void report_knob(FILE *stream, const Page *page);

/* The methods' means, methods against one another, and every picture's values. */
void report_means(FILE *stream, const Page *page);
void report_pairs(FILE *stream, const Page *page);
void report_pictures(FILE *stream, const Page *page);

void report_loupe(FILE *stream, const Page *page);
void report_places(FILE *stream, const Page *page);

/* Smoothing and hallucination by class of content; power and coherence by frequency. */
void report_classes(FILE *stream, const Page *page);
void report_spectra(FILE *stream, const Page *page);

/* What is wrong with the pictures themselves; and where everything came from. */
void report_warnings(FILE *stream, const Page *page);
void report_inputs(FILE *stream, const Page *page);

/* How many pairs of methods report_pairs compares, and pictures report_warnings warns of. */
int pairs_count(const Results *results);
int warnings_count(const Results *results);

#endif
