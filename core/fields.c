#include "core/fields_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

void *field_member(const Field *f, void *target)
{
    return (char *)target + f->offset;
}

void string_list_add(StringList *list, const char *text)
{
    memory_grow(&list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = memory_copy_string(text);
}

void string_list_free(StringList *list)
{
    for (int i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (StringList){0};
}

int spelling_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    int row[LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[m];
}

const Field *fields_find(const Field *table, const char *name)
{
    for (const Field *f = table; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

const char *fields_nearest(const Field *table, const char *name)
{
    const char *nearest = NULL;
    int best = 1 + (int)strlen(name) / 2;
    for (const Field *f = table; f->name; f++) {
        int distance = spelling_distance(f->name, name);
        if (distance < best) {
            best = distance;
            nearest = f->name;
        }
    }
    return nearest;
}

const char *fields_choice(const char *choices, int index)
{
    static _Thread_local char text[64];
    for (; index > 0 && choices; index--) {
        choices = strchr(choices, '|');
        choices = choices ? choices + 1 : NULL;
    }
    snprintf(text, sizeof text, "%.*s", choices ? (int)strcspn(choices, "|") : 0,
             choices ? choices : "");
    return text;
}

static int choice_index(const char *choices, const char *text)
{
    int index = 0;
    for (const char *c = choices; c; index++) {
        size_t length = strcspn(c, "|");
        if (strlen(text) == length && strncmp(c, text, length) == 0)
            return index;
        c = c[length] ? c + length + 1 : NULL;
    }
    return -1;
}

int field_check_range(const Field *f, double value, const char *where)
{
    if (!isfinite(value))
        return error_set(ERROR_CONFIG, "%s: not a finite number", where);
    if ((f->min == 0 && f->max == 0) || (value >= f->min && value <= f->max))
        return 0;
    if (isinf(f->max))
        return error_set(ERROR_CONFIG, "%s: %g is out of range, at least %g", where, value, f->min);
    return error_set(ERROR_CONFIG, "%s: %g is out of range, %g to %g", where, value, f->min,
                     f->max);
}

int field_set_number(const Field *f, void *target, double value, const char *where)
{
    if (field_check_range(f, value, where) != 0)
        return -1;
    if (f->kind == FIELD_REAL) {
        *(double *)field_member(f, target) = value;
        return 0;
    }
    if (value != floor(value) || fabs(value) >= 0x1p53)
        return error_set(ERROR_CONFIG, "%s: %g is not a whole number", where, value);
    *(int64_t *)field_member(f, target) = (int64_t)value;
    return 0;
}

static int set_extent(const Field *f, void *target, const char *text, const char *where)
{
    Extent e;
    int used = 0;
    if (sscanf(text, "%5" SCNd64 "x%5" SCNd64 "%n", &e.w, &e.h, &used) != 2 || text[used] ||
        e.w < 1 || e.h < 1)
        return error_set(ERROR_CONFIG, "%s: \"%s\" is not a size like 640x480", where, text);
    if (field_check_range(f, (double)e.w, where) != 0 ||
        field_check_range(f, (double)e.h, where) != 0)
        return -1;
    *(Extent *)field_member(f, target) = e;
    return 0;
}

static int set_flag(const Field *f, void *target, const char *text, const char *where)
{
    bool yes = !text || strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return error_set(ERROR_CONFIG, "%s: \"%s\" is neither true nor false", where, text);
    *(bool *)field_member(f, target) = yes;
    return 0;
}

static int set_string(const Field *f, void *target, const char *text)
{
    char **string = field_member(f, target);
    free(*string);
    *string = memory_copy_string(text);
    return 0;
}

static int set_choice(const Field *f, void *target, const char *text, const char *where)
{
    int index = choice_index(f->choices, text);
    if (index < 0)
        return error_set(ERROR_CONFIG, "%s: \"%s\" is none of %s", where, text, f->choices);
    *(int *)field_member(f, target) = index;
    return 0;
}

int fields_set(const Field *f, void *target, const char *text, const char *where)
{
    if (!text && f->kind != FIELD_FLAG)
        return error_set(ERROR_CONFIG, "%s: a value is missing", where);
    switch (f->kind) {
    case FIELD_FLAG:
        return set_flag(f, target, text, where);
    case FIELD_INTEGER:
    case FIELD_REAL: {
        char *end;
        errno = 0;
        double value = strtod(text, &end);
        if (end == text || *end)
            return error_set(ERROR_CONFIG, "%s: \"%s\" is not a number", where, text);
        return field_set_number(f, target, value, where);
    }
    case FIELD_STRING:
        return set_string(f, target, text);
    case FIELD_CHOICE:
        return set_choice(f, target, text, where);
    case FIELD_EXTENT:
        return set_extent(f, target, text, where);
    case FIELD_STRINGS:
        string_list_add(field_member(f, target), text);
        return 0;
    case FIELD_NUMBERS:
    case FIELD_OBJECT:
    case FIELD_ARRAY:
    case FIELD_JSON:
        break;
    }
    return error_set(ERROR_CONFIG, "%s: cannot be set from text", where);
}

void fields_default(const Field *table, void *target)
{
    for (const Field *f = table; f->name; f++) {
        switch (f->kind) {
        case FIELD_FLAG:
            *(bool *)field_member(f, target) = false;
            break;
        case FIELD_INTEGER:
            *(int64_t *)field_member(f, target) = 0;
            break;
        case FIELD_REAL:
            *(double *)field_member(f, target) = 0;
            break;
        case FIELD_CHOICE:
            *(int *)field_member(f, target) = 0;
            break;
        case FIELD_STRING:
            *(char **)field_member(f, target) = NULL;
            break;
        case FIELD_EXTENT:
            *(Extent *)field_member(f, target) = (Extent){0};
            break;
        case FIELD_STRINGS:
            *(StringList *)field_member(f, target) = (StringList){0};
            break;
        case FIELD_NUMBERS:
            *(NumberList *)field_member(f, target) = (NumberList){0};
            break;
        case FIELD_OBJECT:
            fields_default(f->fields, field_member(f, target));
            break;
        case FIELD_ARRAY:
            *(FieldArray *)field_member(f, target) = (FieldArray){0};
            break;
        case FIELD_JSON:
            *(cJSON **)field_member(f, target) = NULL;
            break;
        }
        if (f->fallback)
            fields_set(f, target, f->fallback, f->name);
    }
}

void fields_free(const Field *table, void *target)
{
    for (const Field *f = table; f->name; f++) {
        void *at = field_member(f, target);
        if (f->kind == FIELD_STRING) {
            free(*(char **)at);
            *(char **)at = NULL;
        } else if (f->kind == FIELD_STRINGS) {
            string_list_free(at);
        } else if (f->kind == FIELD_NUMBERS) {
            free(((NumberList *)at)->items);
            *(NumberList *)at = (NumberList){0};
        } else if (f->kind == FIELD_OBJECT) {
            fields_free(f->fields, at);
        } else if (f->kind == FIELD_JSON) {
            cJSON_Delete(*(cJSON **)at);
            *(cJSON **)at = NULL;
        } else if (f->kind == FIELD_ARRAY) {
            FieldArray *array = at;
            for (int i = 0; i < array->count; i++)
                fields_free(f->fields, (char *)array->items + (size_t)i * f->item_bytes);
            free(array->items);
            *array = (FieldArray){0};
        }
    }
}

static const char *default_argument(FieldKind kind)
{
    switch (kind) {
    case FIELD_INTEGER:
        return "N";
    case FIELD_REAL:
        return "F";
    case FIELD_EXTENT:
        return "WxH";
    case FIELD_STRING:
    case FIELD_STRINGS:
        return "TEXT";
    case FIELD_FLAG:
    case FIELD_CHOICE:
    case FIELD_NUMBERS:
    case FIELD_OBJECT:
    case FIELD_ARRAY:
    case FIELD_JSON:
        break;
    }
    return NULL;
}

const char *fields_argument(const Field *f)
{
    return f->argument ? f->argument : f->choices ? f->choices : default_argument(f->kind);
}

void fields_help(const Field *table, FILE *stream, int dashes)
{
    for (const Field *f = table; f->name; f++) {
        const char *argument = fields_argument(f);
        char *left = memory_print(
            "%s%s%s%s%s", dashes && f->letter ? (char[]){'-', f->letter, ',', ' ', 0} : "",
            dashes ? "--" : "", f->name, argument ? "=" : "", argument ? argument : "");
        fprintf(stream, "  %-28s %s%s", left,
                strlen(left) > 28 ? "\n                               " : "",
                f->help ? f->help : "");
        if (f->fallback)
            fprintf(stream, " (default %s)", f->fallback);
        fputc('\n', stream);
        free(left);
    }
}
