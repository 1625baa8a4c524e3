/* Where a run stands in the plane of smoothing and hallucination, and whether it still moves
 * towards the truth: what tells its user when to stop. */
#ifndef TRAIN_STANDING_H
#define TRAIN_STANDING_H

#include <stddef.h>
#include <stdint.h>

typedef enum Course {
    COURSE_UNKNOWN,   /* fewer than four validations of this stage */
    COURSE_IMPROVING, /* the detail error falls */
    COURSE_TRADING,   /* it stays, and smoothing turns into hallucination or back */
    COURSE_RESTING,   /* nothing moves any more */
    COURSE_WORSENING  /* it rises */
} Course;

/* One validation's means, as METRICS.md defines them. */
typedef struct Mark {
    int64_t step;
    double smoothing, sharpening, hallucination, detail_energy, psnr_y;
} Mark;

/* The strength of the whole detail error: smoothing, sharpening and hallucination, squared, add up
 * to its square. */
double standing_error(const Mark *mark);

/* Compares the newest third of the marks (at least two, at most eight) with as many before them.
 * What moves by less than half a percent of the detail error rests. */
Course standing_course(const Mark *marks, int count);

/* Says it in one plain sentence or two. marks: of the present stage, oldest first; bicubic: what it
 * is compared with, step -1 if that is not known. */
void standing_describe(const Mark *marks, int count, const Mark *bicubic, char *text, size_t size);

#endif
