#include "data/degrade/parameter.h"

#include <string.h>

#include "core/fields.h"

int choice_index(const char *choices, const char *name)
{
    size_t length = strlen(name);
    for (int index = 0;; index++) {
        size_t here = strcspn(choices, "|");
        if (here == length && strncmp(choices, name, length) == 0)
            return index;
        if (choices[here] == '\0')
            return -1;
        choices += here + 1;
    }
}

double parameter_get(const Parameter *p, const void *values)
{
    const char *member = (const char *)values + p->offset;
    switch (p->kind) {
    case PARAMETER_REAL:
        return *(const double *)(const void *)member;
    case PARAMETER_INTEGER:
    case PARAMETER_CHOICE:
        return *(const int *)(const void *)member;
    case PARAMETER_SEED:
        break;
    }
    return *(const uint32_t *)(const void *)member;
}

void parameter_set(const Parameter *p, void *values, double value)
{
    char *member = (char *)values + p->offset;
    switch (p->kind) {
    case PARAMETER_REAL:
        *(double *)(void *)member = value;
        break;
    case PARAMETER_INTEGER:
    case PARAMETER_CHOICE:
        *(int *)(void *)member = (int)value;
        break;
    case PARAMETER_SEED:
        *(uint32_t *)(void *)member = (uint32_t)value;
        break;
    }
}

bool parameter_matters(const Operation *operation, const Parameter *p, const void *values)
{
    if (!p->only)
        return true;
    const Parameter *kind = operation->parameters;
    return choice_index(p->only, fields_choice(kind->choices, (int)parameter_get(kind, values))) >=
           0;
}

const Parameter *parameter_find(const Operation *operation, const char *name)
{
    for (const Parameter *p = operation->parameters; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

const char *parameter_nearest(const Operation *operation, const char *name)
{
    const char *nearest = NULL;
    int least = (int)strlen(name) / 2 + 1;
    for (const Parameter *p = operation->parameters; p->name; p++) {
        int distance = spelling_distance(p->name, name);
        if (distance < least) {
            least = distance;
            nearest = p->name;
        }
    }
    return nearest;
}
