/* What every degradation operation is: a table of parameters and a function of their values.
 *
 * Drawing and doing are apart. The recipe (recipe.h) draws each parameter from its distribution
 * into the operation's struct of values, writes the values into /sample, and calls `apply`, which
 * is a pure function of the values and the picture. So what happened to a tile can be read, and
 * done again bit for bit. An operation that needs a random number per pixel has a PARAMETER_SEED
 * and fills its planes from it (core/random_fill.h). */
#ifndef DATA_DEGRADE_OPERATION_H
#define DATA_DEGRADE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/picture.h"
#include "data/workspace.h"

typedef enum ParameterKind {
    PARAMETER_REAL,    /* double, rounded to 4 decimals so that its text is exact */
    PARAMETER_INTEGER, /* int */
    PARAMETER_CHOICE,  /* int: index into the '|'-separated choices */
    PARAMETER_SEED     /* uint32_t, always drawn: not for recipes to set */
} ParameterKind;

/* One value of an operation. In a recipe it is a distribution: a number, [low, high] (uniform),
 * {"log": [low, high]}, {"mix": [[weight, distribution], ...]}; for choices a name, an array of
 * names (equally likely) or {"name": weight, ...}. */
typedef struct Parameter {
    const char *name;
    ParameterKind kind;
    size_t offset;        /* offsetof in the operation's struct of values */
    const char *fallback; /* a distribution as JSON text; NULL: a recipe must give one */
    double min, max;      /* what values may be, both included */
    const char *choices;
    /* Which of the first parameter's choices read this one, '|'-separated: with the others it is
     * neither written into /sample nor shown. NULL: all. */
    const char *only;
    const char *help; /* unit and meaning in one line */
} Parameter;

/* What an operation may know about the pair being made. */
typedef struct Situation {
    int scale;
    int hr_width, hr_height; /* LR is these / scale */
} Situation;

typedef struct Operation {
    const char *name;            /* its key in recipes: "blur" */
    const char *help;            /* one line */
    const Parameter *parameters; /* ends with a name of NULL */
    size_t bytes;                /* of the struct of values */
    bool resizes;                /* may change the picture's extents */
    /* What tables cannot say about the values drawn (ERROR_CONFIG), or NULL. */
    int (*check)(const void *values);
    /* Changes *picture, in place or by putting a picture taken from `work` into *picture. What it
     * takes and does not return goes back when the operation ends: it may take freely and release
     * nothing. The result must not depend on the processor or the number of threads. Returns 0, or
     * -1 with an error (a codec failed). */
    int (*apply)(const void *values, const Situation *situation, Workspace *work, Picture *picture);
} Operation;

/* The table of all operations, in the order of `--help`; ends with NULL. One file each. */
extern const Operation *const OPERATIONS[];

const Operation *operation_find(const char *name); /* NULL if there is none */
const char *operation_nearest(const char *name);   /* in spelling; NULL if none is near */

#endif
