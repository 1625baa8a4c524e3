#include "train/series.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "train/scalars.h"

static Series *find_or_add(SeriesSet *set, const char *tag)
{
    for (int i = 0; i < set->count; i++)
        if (strcmp(set->items[i].tag, tag) == 0)
            return &set->items[i];
    if (set->count == SERIES_MOST)
        return NULL;
    Series *s = &set->items[set->count++];
    *s = (Series){.tag = memory_copy_string(tag),
                  .width = 1,
                  .steps = memory_array(SERIES_MOST_POINTS, sizeof *s->steps),
                  .values = memory_array(SERIES_MOST_POINTS, sizeof *s->values)};
    return s;
}

/* Two and two become one. */
static void merge_points(Series *s)
{
    for (int i = 0; i < s->count / 2; i++) {
        s->steps[i] = s->steps[2 * i + 1];
        s->values[i] = (s->values[2 * i] + s->values[2 * i + 1]) / 2;
    }
    s->count /= 2;
    s->width *= 2;
}

static void add(Series *s, double step, double value)
{
    s->sum += value;
    s->last = step;
    if (++s->pending < s->width)
        return;
    s->steps[s->count] = step;
    s->values[s->count++] = s->sum / (double)s->width;
    s->sum = 0;
    s->pending = 0;
    if (s->count == SERIES_MOST_POINTS)
        merge_points(s);
}

typedef struct Adding {
    SeriesSet *set;
    double step;
} Adding;

static void add_value(void *context, const char *tag, double value)
{
    const Adding *adding = context;
    Series *series = find_or_add(adding->set, tag);
    if (series)
        add(series, adding->step, value);
}

void series_add_line(SeriesSet *set, const cJSON *line)
{
    Adding adding = {set, (double)scalars_step(line)};
    scalars_visit(line, add_value, &adding);
}

const Series *series_find(const SeriesSet *set, const char *tag)
{
    for (int i = 0; i < set->count; i++)
        if (strcmp(set->items[i].tag, tag) == 0)
            return &set->items[i];
    return NULL;
}

int series_count(const Series *s)
{
    return s ? s->count + (s->pending > 0) : 0;
}

double series_step(const Series *s, int index)
{
    return index < s->count ? s->steps[index] : s->last;
}

double series_value(const Series *s, int index)
{
    return index < s->count ? s->values[index] : s->sum / (double)s->pending;
}

void series_clear(SeriesSet *set)
{
    for (int i = 0; i < set->count; i++) {
        free(set->items[i].tag);
        free(set->items[i].steps);
        free(set->items[i].values);
    }
    set->count = 0;
}
