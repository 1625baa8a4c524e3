/* Operations with chosen values, for tests. */
#ifndef TESTS_DATA_OPERATIONS_H
#define TESTS_DATA_OPERATIONS_H

#include "data/degrade/operation.h"

/* Runs an operation with "name=value ..." of its parameters, choices by name; what is not named is
 * 0 or the first choice. */
int operation_run(const Operation *operation, const char *settings, Workspace *work,
                  Picture *picture);

#endif
