#include "eval/thresholds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

static int add_threshold(Thresholds *t, char *item)
{
    char *value = strchr(item, '='), *end = NULL;
    if (value)
        *value++ = 0;
    Metric metric = metric_by_name(item);
    if (metric == METRIC_COUNT)
        return error_set(ERROR_USAGE, "eval: --threshold: no measure is called %s", item);
    double number = value ? strtod(value, &end) : NAN;
    if (!value || end == value || *end || !(number >= 0))
        return error_set(ERROR_USAGE, "eval: --threshold: %s=%s: how much worse, at least 0", item,
                         value ? value : "");
    t->values[metric] = number;
    return 0;
}

int thresholds_parse(const char *text, Thresholds *t)
{
    char *copy = memory_copy_string(text), *rest = copy;
    int result = 0;
    for (Metric m = 0; m < METRIC_COUNT; m++)
        t->values[m] = NAN;
    for (char *item; result == 0 && (item = strsep(&rest, ","));)
        result = add_threshold(t, item);
    free(copy);
    return result;
}
