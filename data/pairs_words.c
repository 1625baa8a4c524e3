#include "data/pairs_words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"

/* A choice that comes first says what kind of operation it is. */
static void print_value(FILE *stream, const cJSON *value, bool first)
{
    if (cJSON_IsString(value) && first)
        fprintf(stream, " %s", value->valuestring);
    else if (cJSON_IsString(value))
        fprintf(stream, " %s %s", value->string, value->valuestring);
    else if (cJSON_IsNumber(value) && strcmp(value->string, "seed") != 0)
        fprintf(stream, " %s %.4g", value->string, value->valuedouble);
}

/* {"OPERATION":{values}}, "; " between. */
static void print_steps(FILE *stream, const cJSON *steps, const char *title)
{
    if (cJSON_GetArraySize(steps) > 0)
        fprintf(stream, "\n%s", title);
    const cJSON *step, *value;
    cJSON_ArrayForEach(step, steps)
    {
        const cJSON *operation = step->child;
        if (!operation)
            continue;
        fprintf(stream, "%s%s", step == steps->child ? "" : "; ", operation->string);
        cJSON_ArrayForEach(value, operation) print_value(stream, value, value == operation->child);
    }
}

static void print_sample(FILE *stream, const cJSON *sample)
{
    const cJSON *source = cJSON_GetObjectItemCaseSensitive(sample, "source");
    const cJSON *lr = cJSON_GetObjectItemCaseSensitive(sample, "lr");
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(sample, "x");
    const cJSON *y = cJSON_GetObjectItemCaseSensitive(sample, "y");
    const cJSON *drawn = cJSON_GetObjectItemCaseSensitive(sample, "drawn");
    fputs(cJSON_IsString(source) ? source->valuestring : "?", stream);
    if (cJSON_IsNumber(x) && cJSON_IsNumber(y))
        fprintf(stream, " at %d,%d", x->valueint, y->valueint);
    if (cJSON_IsString(lr))
        fprintf(stream, "\nwith %s", lr->valuestring);
    print_steps(stream, cJSON_GetObjectItemCaseSensitive(drawn, "target"), "target: ");
    print_steps(stream, cJSON_GetObjectItemCaseSensitive(drawn, "steps"), "");
}

char *pairs_words(const char *sample, const char *name)
{
    cJSON *object = json_parse(sample, strlen(sample), name);
    if (!object)
        return NULL;
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    print_sample(stream, object);
    fclose(stream);
    cJSON_Delete(object);
    return text;
}
