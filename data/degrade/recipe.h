/* A recipe as a tree of steps, and what one walk through it draws. */
#ifndef DATA_DEGRADE_RECIPE_H
#define DATA_DEGRADE_RECIPE_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "data/degrade/distribution.h"
#include "data/degrade/drawn.h"
#include "data/degrade/operation.h"

typedef enum StepKind {
    STEP_OPERATION,
    STEP_GROUP,   /* its steps in order */
    STEP_MAYBE,   /* with a probability */
    STEP_CHOOSE,  /* one of its steps, which are groups */
    STEP_SHUFFLE, /* in any order, but groups among its steps keep theirs */
    STEP_REPEAT
} StepKind;

enum { MOST_STEPS = 256 }; /* that a recipe is written with */

/* How often a step is repeated is drawn like a parameter. */
enum { MOST_TIMES = 8 };
extern const Parameter REPEAT_TIMES;

typedef struct Step {
    StepKind kind;
    uint32_t position; /* in the whole recipe, depth first: part of the key of what it draws */
    const Operation *operation;
    Distribution *distributions; /* one per parameter; of the times for STEP_REPEAT */
    double probability;          /* of STEP_MAYBE */
    double weight, share;        /* of a group inside STEP_CHOOSE; share: of all up to this one */
    struct Step *steps;
    int count;
} Step;

/* Parses an array of steps into a group. *position counts on from step to step. ERROR_CONFIG names
 * the place below `where`. NULL on error; free with step_free. */
Step *recipe_parse(const cJSON *steps, const char *where, uint32_t *position);
void step_free(Step *step);

/* Walks the tree and appends what it draws. */
void recipe_draw(const Step *step, uint64_t key, DrawnList *drawn);

/* The steps of a group as JSON, defaults included. */
cJSON *recipe_json(const Step *group);

/* The most steps that a walk can take, repeated ones counted each time, and the most bytes that the
 * text of what it draws can have. */
size_t recipe_most_steps(const Step *step);
size_t recipe_most_text(const Step *step);

/* The first operation that may change the picture's extents, or NULL. */
const Operation *recipe_resizes(const Step *step);

#endif
