#include "core/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/findings.h"
#include "core/memory.h"

/* The member of `target` that `f` describes. */
static void *member(const Field *f, void *target)
{
    return (char *)target + f->offset;
}

static const void *member_of(const Field *f, const void *target)
{
    return (const char *)target + f->offset;
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

static int check_range(const Field *f, double value, const char *where)
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

static int set_number(const Field *f, void *target, double value, const char *where)
{
    if (check_range(f, value, where) != 0)
        return -1;
    if (f->kind == FIELD_REAL) {
        *(double *)member(f, target) = value;
        return 0;
    }
    if (value != floor(value) || fabs(value) >= 0x1p53)
        return error_set(ERROR_CONFIG, "%s: %g is not a whole number", where, value);
    *(int64_t *)member(f, target) = (int64_t)value;
    return 0;
}

static int set_extent(const Field *f, void *target, const char *text, const char *where)
{
    Extent e;
    int used = 0;
    if (sscanf(text, "%5" SCNd64 "x%5" SCNd64 "%n", &e.w, &e.h, &used) != 2 || text[used] ||
        e.w < 1 || e.h < 1)
        return error_set(ERROR_CONFIG, "%s: \"%s\" is not a size like 640x480", where, text);
    if (check_range(f, (double)e.w, where) != 0 || check_range(f, (double)e.h, where) != 0)
        return -1;
    *(Extent *)member(f, target) = e;
    return 0;
}

static int set_flag(const Field *f, void *target, const char *text, const char *where)
{
    bool yes = !text || strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return error_set(ERROR_CONFIG, "%s: \"%s\" is neither true nor false", where, text);
    *(bool *)member(f, target) = yes;
    return 0;
}

static int set_string(const Field *f, void *target, const char *text)
{
    char **string = member(f, target);
    free(*string);
    *string = memory_copy_string(text);
    return 0;
}

static int set_choice(const Field *f, void *target, const char *text, const char *where)
{
    int index = choice_index(f->choices, text);
    if (index < 0)
        return error_set(ERROR_CONFIG, "%s: \"%s\" is none of %s", where, text, f->choices);
    *(int *)member(f, target) = index;
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
        return set_number(f, target, value, where);
    }
    case FIELD_STRING:
        return set_string(f, target, text);
    case FIELD_CHOICE:
        return set_choice(f, target, text, where);
    case FIELD_EXTENT:
        return set_extent(f, target, text, where);
    case FIELD_STRINGS:
        string_list_add(member(f, target), text);
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
            *(bool *)member(f, target) = false;
            break;
        case FIELD_INTEGER:
            *(int64_t *)member(f, target) = 0;
            break;
        case FIELD_REAL:
            *(double *)member(f, target) = 0;
            break;
        case FIELD_CHOICE:
            *(int *)member(f, target) = 0;
            break;
        case FIELD_STRING:
            *(char **)member(f, target) = NULL;
            break;
        case FIELD_EXTENT:
            *(Extent *)member(f, target) = (Extent){0};
            break;
        case FIELD_STRINGS:
            *(StringList *)member(f, target) = (StringList){0};
            break;
        case FIELD_NUMBERS:
            *(NumberList *)member(f, target) = (NumberList){0};
            break;
        case FIELD_OBJECT:
            fields_default(f->fields, member(f, target));
            break;
        case FIELD_ARRAY:
            *(FieldArray *)member(f, target) = (FieldArray){0};
            break;
        case FIELD_JSON:
            *(cJSON **)member(f, target) = NULL;
            break;
        }
        if (f->fallback)
            fields_set(f, target, f->fallback, f->name);
    }
}

static const char *kind_name(FieldKind kind)
{
    switch (kind) {
    case FIELD_FLAG:
        return "true or false";
    case FIELD_INTEGER:
    case FIELD_REAL:
        return "a number";
    case FIELD_STRING:
    case FIELD_CHOICE:
    case FIELD_EXTENT:
        return "a string";
    case FIELD_STRINGS:
        return "an array of strings";
    case FIELD_NUMBERS:
        return "an array of numbers";
    case FIELD_OBJECT:
    case FIELD_JSON:
        return "an object";
    case FIELD_ARRAY:
        return "an array of objects";
    }
    return "";
}

static int wrong_kind(const Field *f, const char *where)
{
    return error_set(ERROR_CONFIG, "%s: expected %s", where, kind_name(f->kind));
}

static int parse_strings(const Field *f, void *target, const cJSON *value, const char *where)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, value)
    {
        if (!cJSON_IsString(item))
            return wrong_kind(f, where);
        string_list_add(member(f, target), item->valuestring);
    }
    return 0;
}

static int parse_numbers(const Field *f, void *target, const cJSON *value, const char *where)
{
    NumberList *list = member(f, target);
    const cJSON *item;
    list->items = memory_array((size_t)cJSON_GetArraySize(value) + 1, sizeof *list->items);
    cJSON_ArrayForEach(item, value)
    {
        if (!cJSON_IsNumber(item))
            return wrong_kind(f, where);
        if (check_range(f, item->valuedouble, where) != 0)
            return -1;
        list->items[list->count++] = item->valuedouble;
    }
    return 0;
}

static int parse_array(const Field *f, void *target, const cJSON *value, const char *where)
{
    Findings findings = {0};
    FieldArray *array = member(f, target);
    array->items = memory_array((size_t)cJSON_GetArraySize(value), f->item_bytes);
    const cJSON *item;
    cJSON_ArrayForEach(item, value)
    {
        char *place = memory_print("%s[%d]", where, array->count);
        void *slot = (char *)array->items + (size_t)array->count * f->item_bytes;
        array->count++;
        fields_parse(f->fields, slot, item, place);
        findings_add(&findings);
        free(place);
    }
    return findings_end(&findings);
}

static int parse_member(const Field *f, void *target, const cJSON *value, const char *where)
{
    switch (f->kind) {
    case FIELD_FLAG:
        if (!cJSON_IsBool(value))
            return wrong_kind(f, where);
        *(bool *)member(f, target) = cJSON_IsTrue(value);
        return 0;
    case FIELD_INTEGER:
    case FIELD_REAL:
        return cJSON_IsNumber(value) ? set_number(f, target, value->valuedouble, where)
                                     : wrong_kind(f, where);
    case FIELD_STRING:
    case FIELD_CHOICE:
    case FIELD_EXTENT:
        return cJSON_IsString(value) ? fields_set(f, target, value->valuestring, where)
                                     : wrong_kind(f, where);
    case FIELD_STRINGS:
        return cJSON_IsArray(value) ? parse_strings(f, target, value, where) : wrong_kind(f, where);
    case FIELD_NUMBERS:
        return cJSON_IsArray(value) ? parse_numbers(f, target, value, where) : wrong_kind(f, where);
    case FIELD_OBJECT:
        fields_free(f->fields, member(f, target)); /* defaults, which fields_parse sets anew */
        return fields_parse(f->fields, member(f, target), value, where);
    case FIELD_ARRAY:
        return cJSON_IsArray(value) ? parse_array(f, target, value, where) : wrong_kind(f, where);
    case FIELD_JSON:
        if (!cJSON_IsObject(value))
            return wrong_kind(f, where);
        *(cJSON **)member(f, target) = cJSON_Duplicate(value, 1);
        return 0;
    }
    return -1;
}

static int unknown_key(const Field *table, const char *where, const char *key)
{
    const char *nearest = fields_nearest(table, key);
    return error_set(ERROR_CONFIG, "%s%s%s: unknown key%s%s%s", where, *where ? "." : "", key,
                     nearest ? ", did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}

int fields_parse(const Field *table, void *target, const cJSON *object, const char *where)
{
    fields_default(table, target);
    if (!cJSON_IsObject(object))
        return error_set(ERROR_CONFIG, "%s: expected an object", *where ? where : "config");
    Findings findings = {0};
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        const Field *f = fields_find(table, item->string);
        if (f) {
            char *place = memory_print("%s%s%s", where, *where ? "." : "", f->name);
            parse_member(f, target, item, place);
            free(place);
        } else {
            unknown_key(table, where, item->string);
        }
        findings_add(&findings);
    }
    return findings_end(&findings);
}

static cJSON *dump_member(const Field *f, const void *at)
{
    switch (f->kind) {
    case FIELD_FLAG:
        return cJSON_CreateBool(*(const bool *)at);
    case FIELD_INTEGER:
        return cJSON_CreateNumber((double)*(const int64_t *)at);
    case FIELD_REAL:
        return cJSON_CreateNumber(*(const double *)at);
    case FIELD_STRING: {
        const char *text = *(char *const *)at;
        return text ? cJSON_CreateString(text) : NULL;
    }
    case FIELD_CHOICE:
        return cJSON_CreateString(fields_choice(f->choices, *(const int *)at));
    case FIELD_EXTENT: {
        char text[48];
        const Extent *e = at;
        snprintf(text, sizeof text, "%" PRId64 "x%" PRId64, e->w, e->h);
        return cJSON_CreateString(text);
    }
    case FIELD_STRINGS: {
        const StringList *list = at;
        return cJSON_CreateStringArray((const char *const *)list->items, list->count);
    }
    case FIELD_NUMBERS: {
        const NumberList *list = at;
        return cJSON_CreateDoubleArray(list->items, list->count);
    }
    case FIELD_OBJECT:
        return fields_dump(f->fields, at);
    case FIELD_ARRAY: {
        const FieldArray *array = at;
        cJSON *items = cJSON_CreateArray();
        for (int i = 0; i < array->count; i++)
            cJSON_AddItemToArray(items, fields_dump(f->fields, (const char *)array->items +
                                                                   (size_t)i * f->item_bytes));
        return items;
    }
    case FIELD_JSON:
        return *(cJSON *const *)at ? cJSON_Duplicate(*(cJSON *const *)at, 1) : NULL;
    }
    return NULL;
}

cJSON *fields_dump(const Field *table, const void *target)
{
    cJSON *object = cJSON_CreateObject();
    for (const Field *f = table; f->name; f++) {
        cJSON *value = dump_member(f, member_of(f, target));
        if (value)
            cJSON_AddItemToObject(object, f->name, value);
    }
    return object;
}

void fields_free(const Field *table, void *target)
{
    for (const Field *f = table; f->name; f++) {
        void *at = member(f, target);
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

void fields_help(const Field *table, FILE *stream, int dashes)
{
    for (const Field *f = table; f->name; f++) {
        const char *argument = f->argument ? f->argument : f->choices;
        if (!argument)
            argument = default_argument(f->kind);
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
