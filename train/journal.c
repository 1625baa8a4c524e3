#include "train/journal.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"

struct Journal {
    int file;
    char *path;
};

static const size_t MOST_BYTES = (size_t)1 << 32;

static bool is_kept(const char *line, size_t length, int64_t step)
{
    cJSON *object = cJSON_ParseWithLength(line, length);
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, "step");
    bool kept = cJSON_IsNumber(number) && number->valuedouble <= (double)step;
    cJSON_Delete(object);
    return kept;
}

/* Rewrites the file without the lines that are to go. */
static int drop_lines(const char *path, int64_t step)
{
    size_t count, kept = 0;
    char *text = (char *)file_read_whole(path, MOST_BYTES, &count);
    if (!text)
        return -1;
    for (char *line = text, *end; (end = memchr(line, '\n', count - (size_t)(line - text)));
         line = end + 1) {
        size_t length = (size_t)(end - line) + 1;
        if (!is_kept(line, length, step))
            continue;
        memmove(text + kept, line, length);
        kept += length;
    }
    int result = kept == count ? 0 : file_write_whole(path, text, kept);
    free(text);
    return result;
}

Journal *journal_open(const char *folder, int64_t step)
{
    Journal *j = memory_new(sizeof *j);
    j->path = file_join(folder, "log.jsonl");
    j->file = -1;
    if (!file_exists(j->path) || drop_lines(j->path, step) == 0) {
        j->file = open(j->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (j->file < 0)
            error_set_errno(ERROR_FILE, "%s: cannot write", j->path);
    }
    if (j->file >= 0)
        return j;
    journal_close(j);
    return NULL;
}

void journal_close(Journal *j)
{
    if (!j)
        return;
    if (j->file >= 0)
        close(j->file);
    free(j->path);
    free(j);
}

int journal_add(Journal *j, const cJSON *line)
{
    char *text = json_line(line);
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the final zero */
    ssize_t written = write(j->file, text, length + 1);
    free(text);
    if (written == (ssize_t)length + 1)
        return 0;
    return written < 0 ? error_set_errno(ERROR_FILE, "%s", j->path)
                       : error_set(ERROR_FILE, "%s: disk full", j->path);
}

static void visit_lines(const char *text, size_t count, JournalVisit *visit, void *context)
{
    for (const char *line = text, *end; (end = memchr(line, '\n', count - (size_t)(line - text)));
         line = end + 1) {
        cJSON *object = cJSON_ParseWithLength(line, (size_t)(end - line));
        if (object)
            visit(context, object);
        cJSON_Delete(object);
    }
}

int journal_read(const char *folder, JournalVisit *visit, void *context)
{
    char *path = file_join(folder, "log.jsonl");
    size_t count = 0;
    bool there = file_exists(path);
    char *text = there ? (char *)file_read_whole(path, MOST_BYTES, &count) : NULL;
    free(path);
    if (there && !text)
        return -1;
    if (text)
        visit_lines(text, count, visit, context);
    free(text);
    return 0;
}
