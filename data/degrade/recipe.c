/* Reading a recipe. */
#include "data/degrade/recipe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/fields.h"
#include "core/memory.h"
#include "data/degrade/parameter.h"

static const char *const BRANCHING[] = {"maybe", "choose", "shuffle", "repeat"};

enum { DEEPEST = 8, PATH_BYTES = 256 };

const Parameter REPEAT_TIMES = {
    .name = "repeat", .kind = PARAMETER_INTEGER, .min = 0, .max = MOST_TIMES};

typedef struct Parser {
    uint32_t *position;
    int depth;
} Parser;

static int parse_step(Parser *parser, Step *step, const cJSON *json, const char *where);

/* Where in the recipe, for messages; what is too long is cut. */
__attribute__((format(printf, 2, 3))) static void place(char path[PATH_BYTES], const char *format,
                                                        ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(path, PATH_BYTES, format, list);
    va_end(list);
}

static int parse_steps(Parser *parser, Step *step, const cJSON *array, const char *where)
{
    char path[PATH_BYTES];
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) == 0)
        return error_set(ERROR_CONFIG, "%s: expected an array of steps", where);
    if (++parser->depth > DEEPEST)
        return error_set(ERROR_CONFIG, "%s: steps inside steps, more than %d deep", where, DEEPEST);
    int count = cJSON_GetArraySize(array);
    step->steps = memory_array((size_t)count, sizeof *step->steps);
    const cJSON *item = array->child;
    int result = 0;
    for (; item && result == 0; item = item->next) {
        place(path, "%s[%d]", where, step->count);
        result = parse_step(parser, &step->steps[step->count++], item, path);
    }
    parser->depth--;
    return result;
}

/* Sets the parameter's distribution from the recipe, else from its default. */
static int parse_parameter(Distribution *d, const Parameter *p, const cJSON *body,
                           const char *where)
{
    char path[PATH_BYTES];
    place(path, "%s.%s", where, p->name);
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(body, p->name);
    if (given)
        return distribution_parse(d, p, given, path);
    if (p->kind == PARAMETER_SEED)
        return 0;
    return distribution_default(d, p, path);
}

/* Whether what it draws can be done at all, for operations that need more than tables say. */
static int check_values(const Step *step, const char *where)
{
    if (!step->operation->check)
        return 0;
    DrawnList drawn = {0};
    recipe_draw(step, 0, &drawn);
    int result = step->operation->check(drawn_values(&drawn, 0));
    drawn_free(&drawn);
    return result == 0 ? 0 : error_note("%s", where);
}

static int refuse_operation(const char *name, const char *where)
{
    const char *nearest = operation_nearest(name);
    int least = nearest ? spelling_distance(nearest, name) : (int)strlen(name) / 2 + 1;
    for (size_t i = 0; i < sizeof BRANCHING / sizeof *BRANCHING; i++) {
        int distance = spelling_distance(BRANCHING[i], name);
        if (distance < least) {
            least = distance;
            nearest = BRANCHING[i];
        }
    }
    return error_set(ERROR_CONFIG, "%s: there is no operation \"%s\"%s%s%s", where, name,
                     nearest ? ", did you mean \"" : "", nearest ? nearest : "",
                     nearest ? "\"?" : "");
}

static int refuse_unknown(const Operation *operation, const cJSON *body, const char *where)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, body)
    {
        if (parameter_find(operation, item->string))
            continue;
        const char *nearest = parameter_nearest(operation, item->string);
        return error_set(ERROR_CONFIG, "%s: unknown key \"%s\"%s%s%s", where, item->string,
                         nearest ? ", did you mean \"" : "", nearest ? nearest : "",
                         nearest ? "\"?" : "");
    }
    return 0;
}

static int parse_operation(Step *step, const cJSON *body, const char *where)
{
    char path[PATH_BYTES];
    place(path, "%s.%s", where, body->string);
    step->operation = operation_find(body->string);
    if (!step->operation)
        return refuse_operation(body->string, where);
    if (body->next)
        return error_set(ERROR_CONFIG, "%s: one operation a step, here are \"%s\" and \"%s\"",
                         where, body->string, body->next->string);
    if (!cJSON_IsObject(body))
        return error_set(ERROR_CONFIG, "%s: expected an object of parameters", path);
    if (refuse_unknown(step->operation, body, path) != 0)
        return -1;
    size_t count = 0;
    while (step->operation->parameters[count].name)
        count++;
    step->distributions = memory_array(count + 1, sizeof *step->distributions);
    for (size_t i = 0; i < count; i++)
        if (parse_parameter(&step->distributions[i], &step->operation->parameters[i], body, path) !=
            0)
            return -1;
    return check_values(step, path);
}

/* The keys a branching step may have, besides its own. */
static int expect_keys(const cJSON *json, const char *first, const char *second, const char *where)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        if (strcmp(item->string, first) != 0 && (!second || strcmp(item->string, second) != 0))
            return error_set(ERROR_CONFIG, "%s: unknown key \"%s\" beside \"%s\"", where,
                             item->string, first);
    }
    return 0;
}

static int parse_do(Parser *parser, Step *step, const cJSON *json, const char *where)
{
    char path[PATH_BYTES];
    place(path, "%s.do", where);
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(json, "do");
    if (!steps)
        return error_set(ERROR_CONFIG, "%s: missing", path);
    return parse_steps(parser, step, steps, path);
}

static int parse_maybe(Parser *parser, Step *step, const cJSON *json, const char *where)
{
    const cJSON *probability = cJSON_GetObjectItemCaseSensitive(json, "maybe");
    step->kind = STEP_MAYBE;
    step->probability =
        cJSON_IsNumber(probability) ? number_as_written(probability->valuedouble) : -1;
    if (!(step->probability >= 0 && step->probability <= 1))
        return error_set(ERROR_CONFIG, "%s.maybe: expected a probability from 0 to 1", where);
    if (expect_keys(json, "maybe", "do", where) != 0)
        return -1;
    return parse_do(parser, step, json, where);
}

static int parse_repeat(Parser *parser, Step *step, const cJSON *json, const char *where)
{
    char path[PATH_BYTES];
    place(path, "%s.repeat", where);
    step->kind = STEP_REPEAT;
    step->distributions = memory_new(sizeof *step->distributions);
    if (expect_keys(json, "repeat", "do", where) != 0 ||
        distribution_parse(step->distributions, &REPEAT_TIMES,
                           cJSON_GetObjectItemCaseSensitive(json, "repeat"), path) != 0)
        return -1;
    return parse_do(parser, step, json, where);
}

static int parse_branch(Parser *parser, Step *step, const cJSON *json, const char *where)
{
    const cJSON *weight = cJSON_GetObjectItemCaseSensitive(json, "weight");
    step->kind = STEP_GROUP;
    step->position = (*parser->position)++;
    step->weight = cJSON_IsNumber(weight) ? number_as_written(weight->valuedouble)
                   : weight               ? -1
                                          : 1;
    if (!cJSON_IsObject(json))
        return error_set(ERROR_CONFIG, "%s: expected {\"weight\": w, \"do\": [steps]}", where);
    if (!(step->weight > 0 && step->weight <= 1e6))
        return error_set(ERROR_CONFIG, "%s.weight: expected a number above 0", where);
    if (expect_keys(json, "do", "weight", where) != 0)
        return -1;
    /* A branch in which nothing happens is written "do": []. */
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(json, "do");
    if (cJSON_IsArray(steps) && cJSON_GetArraySize(steps) == 0)
        return 0;
    return parse_do(parser, step, json, where);
}

static int parse_choose(Parser *parser, Step *step, const cJSON *json, const char *where)
{
    char path[PATH_BYTES];
    const cJSON *branches = cJSON_GetObjectItemCaseSensitive(json, "choose"), *item;
    step->kind = STEP_CHOOSE;
    if (expect_keys(json, "choose", NULL, where) != 0)
        return -1;
    if (!cJSON_IsArray(branches) || cJSON_GetArraySize(branches) == 0)
        return error_set(ERROR_CONFIG, "%s.choose: expected an array of branches", where);
    step->steps = memory_array((size_t)cJSON_GetArraySize(branches), sizeof *step->steps);
    double total = 0, sum = 0;
    cJSON_ArrayForEach(item, branches)
    {
        place(path, "%s.choose[%d]", where, step->count);
        Step *branch = &step->steps[step->count++];
        if (parse_branch(parser, branch, item, path) != 0)
            return -1;
        total += branch->weight;
    }
    for (int i = 0; i < step->count; i++)
        step->steps[i].share = (sum += step->steps[i].weight) / total;
    return 0;
}

static int parse_shuffle(Parser *parser, Step *step, const cJSON *json, const char *where)
{
    char path[PATH_BYTES];
    place(path, "%s.shuffle", where);
    step->kind = STEP_SHUFFLE;
    if (expect_keys(json, "shuffle", NULL, where) != 0)
        return -1;
    return parse_steps(parser, step, cJSON_GetObjectItemCaseSensitive(json, "shuffle"), path);
}

static int parse_step(Parser *parser, Step *step, const cJSON *json, const char *where)
{
    step->position = (*parser->position)++;
    if (step->position > MOST_STEPS)
        return error_set(ERROR_CONFIG, "%s: more than %d steps", where, MOST_STEPS);
    step->kind = STEP_GROUP;
    if (cJSON_IsArray(json))
        return parse_steps(parser, step, json, where);
    if (!cJSON_IsObject(json) || !json->child)
        return error_set(ERROR_CONFIG, "%s: expected {\"operation\": {parameters}}", where);
    if (cJSON_GetObjectItemCaseSensitive(json, "maybe"))
        return parse_maybe(parser, step, json, where);
    if (cJSON_GetObjectItemCaseSensitive(json, "choose"))
        return parse_choose(parser, step, json, where);
    if (cJSON_GetObjectItemCaseSensitive(json, "shuffle"))
        return parse_shuffle(parser, step, json, where);
    if (cJSON_GetObjectItemCaseSensitive(json, "repeat"))
        return parse_repeat(parser, step, json, where);
    step->kind = STEP_OPERATION;
    return parse_operation(step, json->child, where);
}

Step *recipe_parse(const cJSON *steps, const char *where, uint32_t *position)
{
    Parser parser = {position, 0};
    Step *group = memory_new(sizeof *group);
    group->kind = STEP_GROUP;
    group->position = (*position)++;
    if (parse_steps(&parser, group, steps, where) == 0)
        return group;
    step_free(group);
    return NULL;
}

static void free_content(Step *step)
{
    if (step->operation && step->distributions)
        for (int i = 0; step->operation->parameters[i].name; i++)
            distribution_free(&step->distributions[i]);
    else if (step->distributions)
        distribution_free(step->distributions);
    free(step->distributions);
    for (int i = 0; i < step->count; i++)
        free_content(&step->steps[i]);
    free(step->steps);
}

void step_free(Step *step)
{
    if (!step)
        return;
    free_content(step);
    free(step);
}
