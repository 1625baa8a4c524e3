#include "eval/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/findings.h"
#include "core/json.h"
#include "core/memory.h"
#include "eval/metric.h"
#include "eval/statistics.h"
#include "eval/thresholds.h"

/* One of the two files. */
typedef struct Side {
    const char *path;
    cJSON *root;
} Side;

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const cJSON *methods_of(const Side *side)
{
    return member(side->root, "methods");
}

static int read_side(Side *side, const char *path)
{
    side->path = path;
    side->root = json_read(path);
    if (!side->root)
        return -1;
    if (!cJSON_IsArray(methods_of(side)) || !cJSON_IsObject(member(side->root, "set")))
        return error_set(ERROR_CONFIG, "%s: no metrics.json of unmush eval: no methods or set",
                         path);
    return 0;
}

static bool same(const cJSON *a, const cJSON *b)
{
    return (!a && !b) || cJSON_Compare(a, b, 1);
}

/* The two measured the same only where all of this agrees. */
static int check_alike(const Side *a, const Side *b)
{
    static const char *const KEYS[] = {"scale", "crop", "lr", "degradation"};
    Findings findings = {0};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (!same(member(a->root, KEYS[i]), member(b->root, KEYS[i]))) {
            error_set(ERROR_CONFIG, "%s and %s differ in \"%s\"", a->path, b->path, KEYS[i]);
            findings_add(&findings);
        }
    if (!same(member(member(a->root, "set"), "sha256"), member(member(b->root, "set"), "sha256"))) {
        error_set(ERROR_CONFIG, "%s and %s are of other pictures (\"set\".\"sha256\")", a->path,
                  b->path);
        findings_add(&findings);
    }
    return findings_end(&findings);
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *value = member(object, key);
    return cJSON_IsString(value) ? value->valuestring : "";
}

static bool is_baseline(const cJSON *method)
{
    return strcmp(text_of(method, "kind"), "baseline") == 0;
}

/* The only method besides baselines, or NULL. */
static const cJSON *only_method(const cJSON *methods)
{
    const cJSON *method, *found = NULL;
    int count = 0;
    cJSON_ArrayForEach(method, methods)
    {
        if (is_baseline(method))
            continue;
        found = method;
        count++;
    }
    return count == 1 ? found : NULL;
}

/* The method of `before` that one of `after` is compared with, or NULL. */
static const cJSON *counterpart(const Side *before, const Side *after, const cJSON *method)
{
    const cJSON *other;
    cJSON_ArrayForEach(other, methods_of(before))
    {
        if (strcmp(text_of(other, "name"), text_of(method, "name")) == 0)
            return other;
    }
    return method == only_method(methods_of(after)) ? only_method(methods_of(before)) : NULL;
}

/* A measure of every picture, in the file's order; NAN where it is null or missing. */
static double *column(const cJSON *method, Metric metric, int *count)
{
    const cJSON *rows = member(method, "per_image"), *row;
    double *values = memory_array((size_t)cJSON_GetArraySize(rows) + 1, sizeof *values);
    *count = 0;
    cJSON_ArrayForEach(row, rows)
    {
        const cJSON *value = member(row, METRICS[metric].name);
        values[(*count)++] = cJSON_IsNumber(value) ? value->valuedouble : NAN;
    }
    return values;
}

/* One measure of one method in both files. */
typedef struct Change {
    const char *before, *after; /* the methods' names */
    Metric metric;
    double from, to;
    Interval interval; /* of the difference */
    double threshold;
} Change;

static double mean_in(const cJSON *method, Metric metric)
{
    const cJSON *value = member(member(method, "mean"), METRICS[metric].name);
    return cJSON_IsNumber(value) ? value->valuedouble : NAN;
}

static int change_of(const cJSON *before, const cJSON *after, Metric metric,
                     const Bootstrap *bootstrap, Change *change)
{
    int count_a, count_b;
    double *a = column(before, metric, &count_a), *b = column(after, metric, &count_b);
    *change = (Change){.before = text_of(before, "name"),
                       .after = text_of(after, "name"),
                       .metric = metric,
                       .from = mean_in(before, metric),
                       .to = mean_in(after, metric)};
    int result = 0;
    if (count_a == count_b && count_a > 0)
        change->interval = bootstrap_compare(bootstrap, a, b, 1).interval;
    else
        result = error_set(ERROR_CONFIG, "%s: %d pictures before, %d after", change->after, count_a,
                           count_b);
    free(a);
    free(b);
    return result;
}

/* What was defined and is no more counts as worse than anything. */
static bool is_too_bad(const Change *c)
{
    double worse = metric_badness(c->metric, c->to) - metric_badness(c->metric, c->from);
    return !isnan(c->from) && !(worse <= c->threshold);
}

static const char *verdict(const Change *c)
{
    double difference = metric_badness(c->metric, c->to) - metric_badness(c->metric, c->from);
    if (is_too_bad(c))
        return "too bad";
    if (isnan(difference) || isnan(c->interval.low) ||
        (c->interval.low <= 0 && c->interval.high >= 0))
        return "no difference shown";
    return difference > 0 ? "worse" : "better";
}

static cJSON *change_json(const Change *c)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "before", c->before);
    cJSON_AddStringToObject(object, "after", c->after);
    cJSON_AddStringToObject(object, "measure", METRICS[c->metric].name);
    cJSON_AddItemToObject(object, "from", json_number(c->from));
    cJSON_AddItemToObject(object, "to", json_number(c->to));
    cJSON_AddItemToObject(object, "interval", json_range(c->interval.low, c->interval.high));
    cJSON_AddNumberToObject(object, "threshold", c->threshold);
    cJSON_AddStringToObject(object, "verdict", verdict(c));
    return object;
}

static void print_change(const Change *c, FILE *stream)
{
    int decimals = METRICS[c->metric].decimals + 1;
    fprintf(stream, "%-16s %-14s %9.*f -> %9.*f  %+9.*f", c->after, METRICS[c->metric].name,
            decimals, c->from, decimals, c->to, decimals, c->to - c->from);
    if (isnan(c->interval.low))
        fprintf(stream, "  %23s", "");
    else
        fprintf(stream, "  [%+9.*f, %+9.*f]", decimals, c->interval.low, decimals,
                c->interval.high);
    fprintf(stream, "  %s\n", verdict(c));
}

static void report_change(const Change *c, const char *path, Findings *findings)
{
    if (!is_too_bad(c))
        return;
    int decimals = METRICS[c->metric].decimals + 1;
    error_set(ERROR_RESULT, "%s: %s: %s went from %.*f to %.*f, its threshold is %g", path,
              c->after, METRICS[c->metric].name, decimals, c->from, decimals, c->to, c->threshold);
    findings_add(findings);
}

typedef struct Comparison {
    Side before, after;
    Thresholds thresholds;
    cJSON *rows; /* NULL: printed as text */
    FILE *stream;
    Findings findings;
    int methods; /* compared */
} Comparison;

static int compare_measures(Comparison *c, const cJSON *before, const cJSON *after,
                            const Bootstrap *bootstrap)
{
    for (Metric m = 0; m < METRIC_COUNT; m++) {
        Change change;
        if (isnan(c->thresholds.values[m]))
            continue;
        if (change_of(before, after, m, bootstrap, &change) != 0)
            return error_note("%s", c->after.path);
        change.threshold = c->thresholds.values[m];
        if (c->rows)
            cJSON_AddItemToArray(c->rows, change_json(&change));
        else
            print_change(&change, c->stream);
        report_change(&change, c->after.path, &c->findings);
    }
    return 0;
}

/* The draws are the same for every measure. */
static int compare_method(Comparison *c, const cJSON *before, const cJSON *after)
{
    Bootstrap *bootstrap = bootstrap_new(cJSON_GetArraySize(member(after, "per_image")));
    int result = compare_measures(c, before, after, bootstrap);
    bootstrap_free(bootstrap);
    c->methods++;
    return result;
}

/* Baselines are the same in both: only what people make is compared. */
static int compare_methods(Comparison *c)
{
    const cJSON *method;
    int result = 0;
    cJSON_ArrayForEach(method, methods_of(&c->after))
    {
        const cJSON *other = counterpart(&c->before, &c->after, method);
        if (result == 0 && other && !is_baseline(method))
            result = compare_method(c, other, method);
    }
    if (result == 0 && c->methods == 0)
        result = error_set(ERROR_CONFIG, "%s and %s: no method of the same name in both",
                           c->before.path, c->after.path);
    return result == 0 ? findings_end(&c->findings) : -1;
}

static void print_rows(const Comparison *c)
{
    char *text = cJSON_Print(c->rows);
    fprintf(c->stream, "%s\n", text);
    cJSON_free(text);
}

int compare_files(const char *before, const char *after, const char *thresholds, bool json,
                  FILE *stream)
{
    Comparison c = {.stream = stream, .rows = json ? cJSON_CreateArray() : NULL};
    int result = thresholds_parse(thresholds, &c.thresholds);
    if (result == 0)
        result = read_side(&c.before, before);
    if (result == 0)
        result = read_side(&c.after, after);
    if (result == 0)
        result = check_alike(&c.before, &c.after);
    if (result == 0) {
        result = compare_methods(&c);
        if (c.rows)
            print_rows(&c);
    }
    cJSON_Delete(c.rows);
    cJSON_Delete(c.before.root);
    cJSON_Delete(c.after.root);
    return result;
}
