/* Curves of a run that stay small however long it is: where one has too many points, neighbours are
 * merged into their means. What a curve holds depends on what was added alone, so that a resumed
 * run's is the same. */
#ifndef TRAIN_SERIES_H
#define TRAIN_SERIES_H

#include <cjson/cJSON.h>
#include <stdint.h>

enum { SERIES_MOST_POINTS = 1024, SERIES_MOST = 96 };

typedef struct Series {
    char *tag; /* as scalars_visit names it */
    int count;
    int64_t width;    /* values that make a point */
    double *steps;    /* of each point: the last of its values' */
    double *values;   /* means */
    double sum, last; /* of the values that make no whole point yet, and the newest step */
    int64_t pending;  /* how many those are */
} Series;

typedef struct SeriesSet {
    int count;
    Series items[SERIES_MOST];
} SeriesSet;

/* Adds every number of a line of the log; curves beyond SERIES_MOST are left out. */
void series_add_line(SeriesSet *set, const cJSON *line);

/* The curve of that name, or NULL. */
const Series *series_find(const SeriesSet *set, const char *tag);

/* Point `index` of series_count; the last one may be the mean of what makes no whole point yet. */
int series_count(const Series *series);
double series_step(const Series *series, int index);
double series_value(const Series *series, int index);

void series_clear(SeriesSet *set);

#endif
