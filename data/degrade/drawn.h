/* What was drawn for one picture: operations in the order in which they were done, each with its
 * values; and the same as text. */
#ifndef DATA_DEGRADE_DRAWN_H
#define DATA_DEGRADE_DRAWN_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "data/degrade/operation.h"

/* A recipe that could draw more is refused, so are foreign texts with more. */
enum { MOST_OPERATIONS = 512 };

typedef struct Drawn {
    const Operation *operation;
    size_t offset; /* of its values in the list's bytes */
} Drawn;

typedef struct DrawnList {
    Drawn *items;
    int count, capacity;
    char *bytes;
    size_t used, size;
} DrawnList;

/* Appends an operation; its values, all zero, may be set until the next append. */
void *drawn_append(DrawnList *list, const Operation *operation);
void drawn_join(DrawnList *list, const DrawnList *more);
const void *drawn_values(const DrawnList *list, int index);
void drawn_clear(DrawnList *list); /* keeps the memory */
void drawn_free(DrawnList *list);

/* Appends the list to text that is `length` bytes long and has room, as
 * [{"jpeg":{"quality":80,"chroma":"420"}},...]; values that do not matter are left out. Returns
 * the new length. Zero-terminated. */
size_t drawn_print(const DrawnList *list, char *text, size_t length);

/* The most bytes of one operation's text, a comma included. */
size_t drawn_most_text(const Operation *operation);

/* The list that drawn_print wrote. A value left out is its default if that is a constant, so that
 * an operation may gain parameters. ERROR_FORMAT if it is anything else: unknown operations or
 * values, values missing or out of their range. */
int drawn_parse(DrawnList *list, const cJSON *array);

#endif
