/* report.html: one self-contained page of a run that reads itself again as long as the run goes on.
 * All of it comes from the lines of log.jsonl, the config, and the newest validation pictures. */
#ifndef TRAIN_PAGE_H
#define TRAIN_PAGE_H

#include "train/config.h"
#include "train/validation.h"

typedef struct Page Page;

/* The config must outlive the page. */
Page *page_new(const Config *config);
void page_free(Page *page);

/* Takes a line of the log. */
void page_add(Page *page, const cJSON *line);

/* Takes the crops of the newest validation. ERROR_FORMAT. */
int page_show(Page *page, const Validation *validation, int64_t step);

/* Forgets every line, as after a roll-back: they are added again. */
void page_clear(Page *page);

/* What the page says of the run besides its curves. */
typedef enum PageState { PAGE_RUNNING, PAGE_FINISHED, PAGE_STOPPED } PageState;

/* Writes PATH atomically. reason: why it stopped, or NULL. ERROR_FILE. */
int page_write(const Page *page, PageState state, const char *reason, const char *path);

#endif
