#include "train/chronicle.h"

#include <stdlib.h>

#include "core/memory.h"
#include "train/events.h"
#include "train/journal.h"

struct Chronicle {
    Journal *journal;
    Events *events;
};

Chronicle *chronicle_open(const char *folder, int64_t step)
{
    Chronicle *c = memory_new(sizeof *c);
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
    free(c);
}

int chronicle_add(Chronicle *c, const cJSON *line)
{
    if (!c)
        return 0;
    return journal_add(c->journal, line) == 0 ? events_add(c->events, line) : -1;
}
