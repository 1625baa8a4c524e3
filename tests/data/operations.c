#include "tests/data/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tests/unit.h"

static int choice(const char *choices, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; choices; i++) {
        if (strncmp(choices, name, length) == 0 && (choices[length] == '|' || !choices[length]))
            return i;
        choices = strchr(choices, '|');
        choices = choices ? choices + 1 : NULL;
    }
    return -1;
}

static void set(const Operation *operation, const char *name, const char *text, char *values)
{
    const Parameter *p = operation->parameters;
    while (p->name && strcmp(p->name, name) != 0)
        p++;
    REQUIRE(p->name != NULL);
    double value = p->kind == PARAMETER_CHOICE ? choice(p->choices, text) : atof(text);
    REQUIRE(value >= p->min && value <= p->max);
    int whole = (int)value;
    if (p->kind == PARAMETER_REAL)
        memcpy(values + p->offset, &value, sizeof value);
    else
        memcpy(values + p->offset, &whole, sizeof whole);
}

int operation_run(const Operation *operation, const char *settings, Workspace *work,
                  Picture *picture)
{
    char *values = memory_new(operation->bytes), *text = memory_copy_string(settings);
    for (char *rest, *one = strtok_r(text, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(one, '=');
        *value++ = 0;
        set(operation, one, value, values);
    }
    Situation situation = {.scale = 1, .hr_width = picture->width, .hr_height = picture->height};
    int result = operation->apply(values, &situation, work, picture);
    free(values);
    free(text);
    return result;
}
