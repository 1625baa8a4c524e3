#include "train/chronicle.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/memory.h"
#include "train/events.h"
#include "train/journal.h"

struct Chronicle {
    char *folder;
    bool warned; /* of a step that was not taken */
    Journal *journal;
    Events *events;
};

Chronicle *chronicle_open(const char *folder, int64_t step)
{
    Chronicle *c = memory_new(sizeof *c);
    c->folder = memory_copy_string(folder);
    c->journal = journal_open(folder, step);
    c->events = c->journal ? events_open(folder, step) : NULL;
    if (c->events)
        return c;
    chronicle_close(c);
    return NULL;
}

void chronicle_close(Chronicle *c)
{
    if (!c)
        return;
    events_close(c->events);
    journal_close(c->journal);
    free(c->folder);
    free(c);
}

int chronicle_add(Chronicle *c, const cJSON *line)
{
    if (!c)
        return 0;
    return journal_add(c->journal, line) == 0 ? events_add(c->events, line) : -1;
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
        log_warn("%s", message);
    else if (!c->warned)
        log_warn("step %lld: %s; the step is not taken", (long long)step, message);
    c->warned = c->warned || kind == ALARM_NOT_FINITE;
    return result;
}

int chronicle_go_back(Chronicle *c, int64_t step)
{
    if (!c)
        return 0;
    journal_close(c->journal);
    c->journal = journal_open(c->folder, step);
    return c->journal ? events_go_back(c->events, step) : -1;
}
