/* log.jsonl: one JSON object per line, each with a "step". */
#ifndef TRAIN_JOURNAL_H
#define TRAIN_JOURNAL_H

#include <cjson/cJSON.h>
#include <stdint.h>

typedef struct Journal Journal;

/* Opens FOLDER/log.jsonl for adding; lines of steps after `step`, and a torn last one, are dropped
 * first. NULL with ERROR_FILE. */
Journal *journal_open(const char *folder, int64_t step);
void journal_close(Journal *journal);

/* Adds a line in one write. */
int journal_add(Journal *journal, const cJSON *line);

/* Calls `visit` for every whole line of FOLDER/log.jsonl, in order. Without a log there are none.
 */
typedef void JournalVisit(void *context, const cJSON *line);
int journal_read(const char *folder, JournalVisit *visit, void *context);

#endif
