/* Reading and setting an operation's values through its table of parameters. */
#ifndef DATA_DEGRADE_PARAMETER_H
#define DATA_DEGRADE_PARAMETER_H

#include "data/degrade/operation.h"

/* Index of a name among '|'-separated choices; -1 if it is none of them. */
int choice_index(const char *choices, const char *name);

/* A member of the operation's struct of values, as a number. */
double parameter_get(const Parameter *parameter, const void *values);
void parameter_set(const Parameter *parameter, void *values, double value);

/* Whether the operation reads this parameter, its first one being what it is (see `only`). */
bool parameter_matters(const Operation *operation, const Parameter *parameter, const void *values);

/* The parameter of that name, or NULL; and the name nearest in spelling, NULL if none is near. */
const Parameter *parameter_find(const Operation *operation, const char *name);
const char *parameter_nearest(const Operation *operation, const char *name);

#endif
