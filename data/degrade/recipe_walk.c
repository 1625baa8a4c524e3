/* Walking through a recipe: drawing from it, and what can be told without. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/degrade/parameter.h"
#include "data/degrade/recipe.h"

static void draw_step(const Step *step, uint64_t key, uint32_t visit, DrawnList *drawn);

static void draw_operation(const Step *step, Random *random, DrawnList *drawn)
{
    const Operation *operation = step->operation;
    void *values = drawn_append(drawn, operation);
    for (int i = 0; operation->parameters[i].name; i++) {
        const Parameter *p = &operation->parameters[i];
        double value = p->kind == PARAMETER_SEED
                           ? random_word(random)
                           : distribution_draw(&step->distributions[i], p, random);
        /* What does not matter is zero here, as it is after drawn_parse. */
        if (parameter_matters(operation, p, values))
            parameter_set(p, values, value);
    }
}

static void draw_all(const Step *step, uint64_t key, uint32_t visit, DrawnList *drawn)
{
    for (int i = 0; i < step->count; i++)
        draw_step(&step->steps[i], key, visit, drawn);
}

static void draw_one(const Step *step, Random *random, uint64_t key, uint32_t visit,
                     DrawnList *drawn)
{
    double where = random_uniform(random);
    int chosen = 0;
    while (chosen < step->count - 1 && where >= step->steps[chosen].share)
        chosen++;
    draw_step(&step->steps[chosen], key, visit, drawn);
}

/* How many places a step takes in a shuffle: an array among its steps gives each of its own a place
 * and fills them in its order. */
static int places_of(const Step *step)
{
    return step->kind == STEP_GROUP ? step->count : 1;
}

static void draw_in_turn(const Step *step, int left, uint64_t key, uint32_t visit, DrawnList *drawn)
{
    draw_step(step->kind == STEP_GROUP ? &step->steps[step->count - left] : step, key, visit,
              drawn);
}

/* Every order that keeps arrays' own orders is equally likely. */
static void draw_shuffled(const Step *step, Random *random, uint64_t key, uint32_t visit,
                          DrawnList *drawn)
{
    int left[MOST_STEPS], total = 0;
    for (int i = 0; i < step->count; i++)
        total += left[i] = places_of(&step->steps[i]);
    for (; total > 0; total--) {
        int at = 0, skip = (int)random_below(random, (uint32_t)total);
        for (; skip >= left[at]; at++)
            skip -= left[at];
        draw_in_turn(&step->steps[at], left[at], key, visit, drawn);
        left[at]--;
    }
}

static void draw_repeated(const Step *step, Random *random, uint64_t key, uint32_t visit,
                          DrawnList *drawn)
{
    int times = (int)distribution_draw(step->distributions, &REPEAT_TIMES, random);
    for (int i = 0; i < times; i++)
        draw_all(step, key, visit * MOST_TIMES + (uint32_t)i, drawn);
}

/* Each step draws from a stream of its own, so that a change of one leaves the others' draws. */
static void draw_step(const Step *step, uint64_t key, uint32_t visit, DrawnList *drawn)
{
    Random random = random_stream(key, RANDOM_OPERATION, step->position, visit);
    switch (step->kind) {
    case STEP_OPERATION:
        draw_operation(step, &random, drawn);
        break;
    case STEP_GROUP:
        draw_all(step, key, visit, drawn);
        break;
    case STEP_MAYBE:
        if (random_uniform(&random) < step->probability)
            draw_all(step, key, visit, drawn);
        break;
    case STEP_CHOOSE:
        draw_one(step, &random, key, visit, drawn);
        break;
    case STEP_SHUFFLE:
        draw_shuffled(step, &random, key, visit, drawn);
        break;
    case STEP_REPEAT:
        draw_repeated(step, &random, key, visit, drawn);
        break;
    }
}

void recipe_draw(const Step *step, uint64_t key, DrawnList *drawn)
{
    draw_step(step, key, 0, drawn);
}

static cJSON *operation_json(const Step *step)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *body = cJSON_AddObjectToObject(object, step->operation->name);
    for (int i = 0; step->operation->parameters[i].name; i++) {
        const Parameter *p = &step->operation->parameters[i];
        if (p->kind != PARAMETER_SEED)
            cJSON_AddItemToObject(body, p->name, distribution_json(&step->distributions[i], p));
    }
    return object;
}

static cJSON *step_json(const Step *step)
{
    cJSON *object, *branches;
    switch (step->kind) {
    case STEP_OPERATION:
        return operation_json(step);
    case STEP_GROUP:
        break;
    case STEP_MAYBE:
        object = cJSON_CreateObject();
        cJSON_AddNumberToObject(object, "maybe", step->probability);
        cJSON_AddItemToObject(object, "do", recipe_json(step));
        return object;
    case STEP_CHOOSE:
        object = cJSON_CreateObject();
        branches = cJSON_AddArrayToObject(object, "choose");
        for (int i = 0; i < step->count; i++) {
            cJSON *branch = cJSON_CreateObject();
            cJSON_AddNumberToObject(branch, "weight", step->steps[i].weight);
            cJSON_AddItemToObject(branch, "do", recipe_json(&step->steps[i]));
            cJSON_AddItemToArray(branches, branch);
        }
        return object;
    case STEP_SHUFFLE:
        object = cJSON_CreateObject();
        cJSON_AddItemToObject(object, "shuffle", recipe_json(step));
        return object;
    case STEP_REPEAT:
        object = cJSON_CreateObject();
        cJSON_AddItemToObject(object, "repeat",
                              distribution_json(step->distributions, &REPEAT_TIMES));
        cJSON_AddItemToObject(object, "do", recipe_json(step));
        return object;
    }
    return recipe_json(step);
}

cJSON *recipe_json(const Step *group)
{
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < group->count; i++)
        cJSON_AddItemToArray(array, step_json(&group->steps[i]));
    return array;
}

static size_t most_times(const Step *step)
{
    double times = 0;
    for (int i = 0; i < step->distributions->count; i++)
        if (step->distributions->pieces[i].high > times)
            times = step->distributions->pieces[i].high;
    return (size_t)times;
}

/* The most that a walk can add up of what each step counts. */
static size_t most(const Step *step, size_t (*of)(const Step *))
{
    size_t sum = 0, largest = 0;
    for (int i = 0; i < step->count; i++) {
        size_t here = most(&step->steps[i], of);
        sum += here;
        largest = here > largest ? here : largest;
    }
    if (step->kind == STEP_REPEAT)
        sum *= most_times(step);
    return of(step) + (step->kind == STEP_CHOOSE ? largest : sum);
}

static size_t count_step(const Step *step)
{
    (void)step;
    return 1;
}

static size_t count_text(const Step *step)
{
    return step->kind == STEP_OPERATION ? drawn_most_text(step->operation) : 0;
}

size_t recipe_most_steps(const Step *step)
{
    return most(step, count_step);
}

size_t recipe_most_text(const Step *step)
{
    return most(step, count_text);
}

const Operation *recipe_resizes(const Step *step)
{
    if (step->kind == STEP_OPERATION)
        return step->operation->resizes ? step->operation : NULL;
    for (int i = 0; i < step->count; i++) {
        const Operation *found = recipe_resizes(&step->steps[i]);
        if (found)
            return found;
    }
    return NULL;
}
