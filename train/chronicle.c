#include "train/chronicle.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "train/events.h"
#include "train/journal.h"
#include "train/page.h"
#include "train/watch.h"

static const double REPORT_SECONDS = 30;

struct Chronicle {
    char *folder, *report; /* report: its path */
    Journal *journal;
    Events *events;
    Page *page;
    Watch *watch;
    Best best;
    unsigned better;     /* what the newest validation is best by */
    double reported;     /* when the report was written */
    int64_t step, steps; /* of the newest line, and the run's */
    int64_t validated;   /* the step of the newest validation, -1 before */
    cJSON *measures;     /* what it measured; NULL before */
    bool has_baseline;
    bool warned; /* of a step that was not taken */
};

/* What follows from a line, whether it is new or was read from the log. */
static void take(Chronicle *c, const cJSON *line)
{
    const cJSON *step = cJSON_GetObjectItemCaseSensitive(line, "step");
    c->step = cJSON_IsNumber(step) ? (int64_t)step->valuedouble : c->step;
    c->has_baseline = c->has_baseline || cJSON_GetObjectItemCaseSensitive(line, "baseline") != NULL;
    const cJSON *validation = cJSON_GetObjectItemCaseSensitive(line, "validation");
    if (validation) {
        c->better = best_add(&c->best, validation, c->step);
        c->validated = c->step;
        cJSON_Delete(c->measures);
        c->measures = cJSON_Duplicate(validation, 1);
    }
    page_add(c->page, line);
}

/* An old line: its alarms are in the log already. */
static void take_old(void *context, const cJSON *line)
{
    Chronicle *c = context;
    RaisedAlarm raised[ALARM_COUNT];
    take(c, line);
    watch_add(c->watch, line, raised);
}

static int read_log(Chronicle *c)
{
    watch_free(c->watch);
    c->watch = watch_new();
    c->best = (Best){0};
    c->validated = -1;
    c->has_baseline = false;
    page_clear(c->page);
    return journal_read(c->folder, take_old, c);
}

Chronicle *chronicle_open(const Config *config, const char *folder, int64_t step)
{
    Chronicle *c = memory_new(sizeof *c);
    c->folder = memory_copy_string(folder);
    c->report = file_join(folder, "report.html");
    c->page = page_new(config);
    c->steps = config_steps_before(config, config->stages.count);
    c->reported = clock_seconds();
    c->journal = journal_open(folder, step);
    if (c->journal && read_log(c) == 0)
        c->events = events_open(folder, step);
    if (c->events)
        return c;
    chronicle_close(c);
    return NULL;
}

/* The error that ends the run stays pending, whatever becomes of the page. */
static void report_end(const Chronicle *c)
{
    ErrorReport error = error_take();
    PageState state =
        error.code == ERROR_NONE && c->step == c->steps ? PAGE_FINISHED : PAGE_STOPPED;
    page_write(c->page, state, error.code == ERROR_NONE ? NULL : error.message, c->report);
    error_clear();
    if (error.code != ERROR_NONE)
        error_adopt(&error);
}

void chronicle_close(Chronicle *c)
{
    if (!c)
        return;
    if (c->events)
        report_end(c);
    events_close(c->events);
    journal_close(c->journal);
    page_free(c->page);
    watch_free(c->watch);
    cJSON_Delete(c->measures);
    free(c->report);
    free(c->folder);
    free(c);
}

int chronicle_add(Chronicle *c, const cJSON *line)
{
    if (!c)
        return 0;
    if (journal_add(c->journal, line) != 0 || events_add(c->events, line) != 0)
        return -1;
    take(c, line);
    RaisedAlarm raised[ALARM_COUNT];
    int count = watch_add(c->watch, line, raised);
    for (int i = 0; i < count; i++)
        if (chronicle_alarm(c, c->step, raised[i].kind, raised[i].message) != 0)
            return -1;
    return clock_seconds() - c->reported < REPORT_SECONDS ? 0 : chronicle_report(c);
}

int chronicle_alarm(Chronicle *c, int64_t step, AlarmKind kind, const char *message)
{
    if (!c)
        return 0;
    cJSON *line = cJSON_CreateObject();
    cJSON_AddNumberToObject(line, "step", (double)step);
    cJSON_AddStringToObject(line, "alarm", ALARM_NAMES[kind]);
    cJSON_AddStringToObject(line, "message", message);
    int result = chronicle_add(c, line);
    cJSON_Delete(line);
    if (kind != ALARM_NOT_FINITE)
        log_warn("step %lld: %s", (long long)step, message);
    else if (!c->warned)
        log_warn("step %lld: %s; the step is not taken", (long long)step, message);
    c->warned = c->warned || kind == ALARM_NOT_FINITE;
    return result;
}

const Best *chronicle_best(const Chronicle *c)
{
    static const Best NONE;
    return c ? &c->best : &NONE;
}

unsigned chronicle_better(const Chronicle *c)
{
    return c ? c->better : 0;
}

bool chronicle_has_baseline(const Chronicle *c)
{
    return c && c->has_baseline;
}

int64_t chronicle_validated(const Chronicle *c)
{
    return c ? c->validated : -1;
}

const cJSON *chronicle_measures(const Chronicle *c, int64_t step)
{
    return c && c->validated == step ? c->measures : NULL;
}

int chronicle_show(Chronicle *c, const Validation *validation, int64_t step)
{
    if (!c)
        return 0;
    return page_show(c->page, validation, step) == 0 ? chronicle_report(c) : -1;
}

int chronicle_report(Chronicle *c)
{
    if (!c)
        return 0;
    c->reported = clock_seconds();
    return page_write(c->page, PAGE_RUNNING, NULL, c->report);
}

int chronicle_go_back(Chronicle *c, int64_t step)
{
    if (!c)
        return 0;
    journal_close(c->journal);
    c->journal = journal_open(c->folder, step);
    if (!c->journal || read_log(c) != 0)
        return -1;
    return events_go_back(c->events, step);
}
