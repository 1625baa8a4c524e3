/* Watches a run's log for what train/alarms.h warns of. What it holds follows from the lines alone,
 * so that a run that goes on raises no alarm twice. */
#ifndef TRAIN_WATCH_H
#define TRAIN_WATCH_H

#include <cjson/cJSON.h>

#include "train/alarms.h"

typedef struct Watch Watch;

Watch *watch_new(void);
void watch_free(Watch *watch);

typedef struct RaisedAlarm {
    AlarmKind kind;
    char message[256];
} RaisedAlarm;

/* Takes a line of the log; the alarms that are raised by it, and their number. An alarm is raised
 * when what it warns of begins, and again only after it had ended. */
int watch_add(Watch *watch, const cJSON *line, RaisedAlarm raised[ALARM_COUNT]);

#endif
