#include "core/json.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that a file of many keys stays cheap. */
static int refuse_duplicate_names(const cJSON *object, const char *name)
{
    size_t count = (size_t)cJSON_GetArraySize(object), at = 0;
    const char **names = memory_array(count, sizeof *names);
    const cJSON *item;
    cJSON_ArrayForEach(item, object) names[at++] = item->string;
    qsort(names, count, sizeof *names, compare_names);
    int result = 0;
    for (size_t i = 1; i < count && result == 0; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            result = error_set(ERROR_CONFIG, "%s: key \"%s\" appears twice", name, names[i]);
    free(names);
    return result;
}

static int refuse_duplicates(const cJSON *value, const char *name)
{
    if (cJSON_IsObject(value) && refuse_duplicate_names(value, name) != 0)
        return -1;
    const cJSON *item;
    cJSON_ArrayForEach(item, value)
    {
        if (refuse_duplicates(item, name) != 0)
            return -1;
    }
    return 0;
}

/* cJSON keeps the place of an error in a variable that all threads share. `ends`: a zero follows
 * the text, and nothing else may. */
static cJSON *parse(const char *text, size_t count, const char **end, bool ends)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    cJSON *value = cJSON_ParseWithLengthOpts(text, count, end, ends);
    pthread_mutex_unlock(&lock);
    return value;
}

cJSON *json_parse(const char *text, size_t count, const char *name)
{
    const char *end = NULL;
    cJSON *value = parse(text, count, &end, false);
    if (value)
        while (end < text + count && *end && strchr(" \t\r\n", *end))
            end++;
    if (!value || end < text + count) {
        int line = 1;
        for (const char *c = text; end && c < end && c < text + count; c++)
            line += *c == '\n';
        error_set(ERROR_CONFIG, "%s: line %d: not valid JSON", name, line);
        cJSON_Delete(value);
        return NULL;
    }
    if (refuse_duplicates(value, name) != 0) {
        cJSON_Delete(value);
        return NULL;
    }
    return value;
}

cJSON *json_read(const char *path)
{
    size_t count;
    uint8_t *text = file_read_whole(path, (size_t)16 << 20, &count);
    if (!text)
        return NULL;
    cJSON *value = json_parse((const char *)text, count, path);
    free(text);
    return value;
}

int json_write(const char *path, const cJSON *value)
{
    char *text = cJSON_Print(value);
    if (!text)
        return error_set(ERROR_FILE, "%s: cannot format JSON", path);
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the final zero: the file ends with a newline */
    int result = file_write_whole(path, text, length + 1);
    cJSON_free(text);
    return result;
}

char *json_line(const cJSON *value)
{
    char *text = cJSON_PrintUnformatted(value);
    char *copy = memory_copy_string(text ? text : "null");
    cJSON_free(text);
    return copy;
}

cJSON *json_number(double value)
{
    return isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull();
}

/* One step of a dotted path: the name at *path, or the index "[3]". Moves *path past it. */
static cJSON *step_into(cJSON *at, char **path, cJSON **parent, const char **key, int *index)
{
    *parent = at;
    *key = NULL;
    char *c = *path;
    if (*c == '[') {
        char *end;
        long value = strtol(c + 1, &end, 10);
        if (end == c + 1 || *end != ']' || !cJSON_IsArray(at) || value < 0 ||
            value >= cJSON_GetArraySize(at))
            return NULL;
        *index = (int)value;
        *path = end + 1 + (end[1] == '.');
        return cJSON_GetArrayItem(at, *index);
    }
    size_t length = strcspn(c, ".[");
    if (length == 0 || !cJSON_IsObject(at))
        return NULL;
    bool more = c[length] == '.';
    *path = c + length + more;
    if (c[length] == '[') { /* keep the bracket for the next step */
        char *name = memory_print("%.*s", (int)length, c);
        cJSON *child = cJSON_GetObjectItemCaseSensitive(at, name);
        *key = child ? child->string : NULL;
        free(name);
        return child;
    }
    c[length] = 0;
    *key = c;
    cJSON *child = cJSON_GetObjectItemCaseSensitive(at, c);
    return child || !more ? child : cJSON_AddObjectToObject(at, c);
}

int json_override(cJSON *root, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return error_set(ERROR_USAGE, "%s: expected KEY=VALUE", assignment);
    char *path = memory_print("%.*s", (int)(equals - assignment), assignment), *rest = path;
    const char *text = equals + 1, *key = NULL;
    cJSON *parent = NULL, *at = root;
    int index = -1;
    bool reached = true;
    while (*rest && reached) {
        at = step_into(at, &rest, &parent, &key, &index);
        reached = at || (key && !*rest);
    }
    if (!reached) {
        free(path);
        return error_set(ERROR_CONFIG, "%s: no such place in the config", assignment);
    }
    const char *end;
    cJSON *value = parse(text, strlen(text) + 1, &end, true);
    if (!value)
        value = cJSON_CreateString(text);
    if (refuse_duplicates(value, assignment) != 0) {
        cJSON_Delete(value);
        free(path);
        return -1;
    }
    if (key && at)
        cJSON_ReplaceItemInObjectCaseSensitive(parent, key, value);
    else if (key)
        cJSON_AddItemToObject(parent, key, value);
    else
        cJSON_ReplaceItemInArray(parent, index, value);
    free(path);
    return 0;
}

cJSON *json_range(double low, double high)
{
    if (!isfinite(low) || !isfinite(high))
        return cJSON_CreateNull();
    return cJSON_CreateDoubleArray((double[]){low, high}, 2);
}
