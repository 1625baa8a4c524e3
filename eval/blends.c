#include "eval/blends.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

typedef struct Ends {
    int places[2]; /* in the list */
    char *names[2], *paths[2];
} Ends;

/* Sets one end: the model of that name or, if there is none, a file that is added as a model. */
static int find_model(MethodList *list, const char *argument, int scale, OnnxChoice onnx,
                      Ends *ends, int end)
{
    char **name = &ends->names[end], **path = &ends->paths[end];
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, argument) == 0 &&
            strcmp(list->items[i].kind, "model") == 0) {
            *name = memory_copy_string(list->items[i].name);
            *path = memory_copy_string(list->items[i].source);
            ends->places[end] = i;
            return 0;
        }
    method_argument_split(argument, name, path);
    if (!file_exists(*path))
        return error_set(ERROR_USAGE, "eval: --blend: %s is neither a --model nor a file",
                         argument);
    ends->places[end] = list->count;
    Method *method = method_list_add(list, *name, "model", *path);
    return method ? method_from_model(method, scale, onnx) : -1;
}

static int add_blend(MethodList *list, const Ends *ends, double alpha, int scale)
{
    char *name = memory_print("%s+%s %.3g", ends->names[0], ends->names[1], alpha);
    char *source = memory_print("%s, %s", ends->paths[0], ends->paths[1]);
    Method *method = method_list_add(list, name, "blend", source);
    Model *model = method ? model_blend(ends->paths[0], ends->paths[1], alpha) : NULL;
    int result = model ? method_take_model(method, model, scale) : -1;
    if (result == 0) {
        method->alpha = alpha;
        memcpy(method->ends, ends->places, sizeof method->ends);
    }
    free(name);
    free(source);
    return result;
}

int blends_add(MethodList *list, const char *argument, int steps, int scale, OnnxChoice onnx)
{
    Ends ends = {0};
    char *copy = memory_copy_string(argument), *comma = strchr(copy, ',');
    int result = 0;
    if (comma)
        *comma = 0;
    if (!comma || !*copy || !comma[1] || strchr(comma + 1, ','))
        result = error_set(ERROR_USAGE, "eval: --blend=%s: two models, A,B", argument);
    for (int end = 0; result == 0 && end < 2; end++)
        result = find_model(list, end == 0 ? copy : comma + 1, scale, onnx, &ends, end);
    for (int i = 1; result == 0 && i < steps; i++)
        result = add_blend(list, &ends, (double)i / steps, scale);
    for (int end = 0; end < 2; end++) {
        free(ends.names[end]);
        free(ends.paths[end]);
    }
    free(copy);
    return result;
}
