#include "data/degrade/drawn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/fields.h"
#include "core/memory.h"
#include "data/degrade/distribution.h"
#include "data/degrade/parameter.h"

enum { ALIGNMENT = 16, LONGEST_NUMBER = 24 };

void *drawn_append(DrawnList *list, const Operation *operation)
{
    memory_grow(&list->items, list->count, &list->capacity, sizeof *list->items);
    size_t bytes = (operation->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (list->used + bytes > list->size) {
        list->size = 2 * (list->used + bytes);
        list->bytes = memory_resize(list->bytes, list->size, 1);
    }
    list->items[list->count++] = (Drawn){operation, list->used};
    void *values = memset(list->bytes + list->used, 0, bytes);
    list->used += bytes;
    return values;
}

void drawn_join(DrawnList *list, const DrawnList *more)
{
    for (int i = 0; i < more->count; i++) {
        const Operation *operation = more->items[i].operation;
        memcpy(drawn_append(list, operation), drawn_values(more, i), operation->bytes);
    }
}

const void *drawn_values(const DrawnList *list, int index)
{
    return list->bytes + list->items[index].offset;
}

void drawn_clear(DrawnList *list)
{
    list->count = 0;
    list->used = 0;
}

void drawn_free(DrawnList *list)
{
    free(list->items);
    free(list->bytes);
    *list = (DrawnList){0};
}

static size_t print_text(char *text, size_t length, const char *more)
{
    size_t bytes = strlen(more);
    memcpy(text + length, more, bytes + 1);
    return length + bytes;
}

/* units / 10000, without zeros at its end. */
static size_t print_decimals(char *text, size_t length, int64_t units)
{
    char reversed[24];
    int count = 0;
    uint64_t whole = (uint64_t)llabs(units) / 10000, part = (uint64_t)llabs(units) % 10000;
    if (units < 0)
        text[length++] = '-';
    do
        reversed[count++] = (char)('0' + whole % 10);
    while (whole /= 10);
    while (count > 0)
        text[length++] = reversed[--count];
    if (part > 0)
        text[length++] = '.';
    for (; part > 0; part = part % 1000 * 10)
        text[length++] = (char)('0' + part / 1000);
    text[length] = '\0';
    return length;
}

/* As cJSON prints it. printf's way is for what is neither whole nor of four decimals. */
static size_t print_number(char *text, size_t length, double value)
{
    if (fabs(value) < 1e10) {
        int64_t units = llround(value * 1e4);
        if ((double)units / 1e4 == value)
            return print_decimals(text, length, units);
    }
    return length + (size_t)sprintf(text + length, "%.15g", value);
}

static size_t print_value(const Parameter *p, const void *values, char *text, size_t length)
{
    double value = parameter_get(p, values);
    length = print_text(text, length, "\"");
    length = print_text(text, length, p->name);
    length = print_text(text, length, "\":");
    if (p->kind != PARAMETER_CHOICE)
        return print_number(text, length, value);
    length = print_text(text, length, "\"");
    length = print_text(text, length, fields_choice(p->choices, (int)value));
    return print_text(text, length, "\"");
}

static size_t print_operation(const Operation *operation, const void *values, char *text,
                              size_t length)
{
    const char *separator = "";
    length = print_text(text, length, "{\"");
    length = print_text(text, length, operation->name);
    length = print_text(text, length, "\":{");
    for (const Parameter *p = operation->parameters; p->name; p++) {
        if (!parameter_matters(operation, p, values))
            continue;
        length = print_text(text, length, separator);
        length = print_value(p, values, text, length);
        separator = ",";
    }
    return print_text(text, length, "}}");
}

size_t drawn_print(const DrawnList *list, char *text, size_t length)
{
    length = print_text(text, length, "[");
    for (int i = 0; i < list->count; i++) {
        if (i > 0)
            length = print_text(text, length, ",");
        length = print_operation(list->items[i].operation, drawn_values(list, i), text, length);
    }
    return print_text(text, length, "]");
}

static size_t longest_choice(const char *choices)
{
    size_t longest = 0;
    for (;;) {
        size_t here = strcspn(choices, "|");
        longest = here > longest ? here : longest;
        if (choices[here] == '\0')
            return longest + strlen("\"\"");
        choices += here + 1;
    }
}

size_t drawn_most_text(const Operation *operation)
{
    size_t most = strlen(operation->name) + strlen("{\"\":{}},");
    for (const Parameter *p = operation->parameters; p->name; p++)
        most += strlen(p->name) + strlen("\"\":,") +
                (p->kind == PARAMETER_CHOICE ? longest_choice(p->choices) : LONGEST_NUMBER);
    return most;
}

static int read_value(const Parameter *p, const cJSON *json, void *values)
{
    double value;
    if (p->kind == PARAMETER_CHOICE) {
        value = cJSON_IsString(json) ? choice_index(p->choices, json->valuestring) : -1;
        if (value < 0)
            return error_set(ERROR_FORMAT, "%s: is none of %s", p->name, p->choices);
    } else {
        bool seed = p->kind == PARAMETER_SEED;
        double min = seed ? 0 : p->min, max = seed ? UINT32_MAX : p->max;
        value = cJSON_IsNumber(json) ? json->valuedouble : NAN;
        if (!(value >= min && value <= max) || (p->kind != PARAMETER_REAL && value != floor(value)))
            return error_set(ERROR_FORMAT, "%s: is no %snumber from %g to %g", p->name,
                             p->kind == PARAMETER_REAL ? "" : "whole ", min, max);
    }
    parameter_set(p, values, value);
    return 0;
}

static int read_default(const Parameter *p, void *values)
{
    Distribution d;
    bool constant = p->kind != PARAMETER_SEED && distribution_default(&d, p, p->name) == 0 &&
                    d.count == 1 && d.pieces->low == d.pieces->high;
    if (constant)
        parameter_set(p, values, d.pieces->low);
    if (p->kind != PARAMETER_SEED)
        distribution_free(&d);
    return constant ? 0 : error_set(ERROR_FORMAT, "%s: missing", p->name);
}

/* The first parameter comes first: it decides which others matter. */
static int read_values(const Operation *operation, const cJSON *object, void *values)
{
    int expected = 0;
    for (const Parameter *p = operation->parameters; p->name; p++) {
        if (!parameter_matters(operation, p, values))
            continue;
        const cJSON *json = cJSON_GetObjectItemCaseSensitive(object, p->name);
        if ((json ? read_value(p, json, values) : read_default(p, values)) != 0)
            return -1;
        expected += json != NULL;
    }
    if (cJSON_GetArraySize(object) != expected)
        return error_set(ERROR_FORMAT, "holds values that the operation does not read");
    return operation->check ? operation->check(values) : 0;
}

static int read_operation(DrawnList *list, const cJSON *item)
{
    const cJSON *body = cJSON_IsObject(item) ? item->child : NULL;
    if (!body || body->next || !cJSON_IsObject(body))
        return error_set(ERROR_FORMAT, "expected {\"operation\": {values}}");
    const Operation *operation = operation_find(body->string);
    if (!operation)
        return error_set(ERROR_FORMAT, "there is no operation \"%s\"", body->string);
    if (read_values(operation, body, drawn_append(list, operation)) != 0)
        return error_note("%s", operation->name);
    return 0;
}

int drawn_parse(DrawnList *list, const cJSON *array)
{
    const cJSON *item;
    drawn_clear(list);
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) > MOST_OPERATIONS)
        return error_set(ERROR_FORMAT, "expected an array of at most %d operations",
                         MOST_OPERATIONS);
    cJSON_ArrayForEach(item, array)
    {
        if (read_operation(list, item) != 0)
            return error_note("drawn operation %d", list->count);
    }
    return 0;
}
