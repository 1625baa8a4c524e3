/* Strict JSON files over cJSON: duplicate keys refused, errors that name file and line. */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* Parses `count` bytes; `name` is for messages. NULL with ERROR_CONFIG. Free with cJSON_Delete. */
cJSON *json_parse(const char *text, size_t count, const char *name);

/* Reads a JSON file of at most 16 MiB. */
cJSON *json_read(const char *path);

/* Writes `value`, formatted, atomically. */
int json_write(const char *path, const cJSON *value);

/* The value as one line of text, for metadata and logs; the caller frees it. */
char *json_line(const cJSON *value);

/* Applies "stages[1].loss.l1=0.5" to an object tree. Missing objects on the way are made, an array
 * index must exist. What follows '=' is JSON if it parses, else a string. */
int json_override(cJSON *root, const char *assignment);

/* Convenience for writers: a number, or null where the value is not finite. */
cJSON *json_number(double value);

/* [low, high], or null where either is not finite. */
cJSON *json_range(double low, double high);

#endif
