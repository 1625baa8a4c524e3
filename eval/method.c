#include "eval/method.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

Method *method_list_add(MethodList *list, const char *name, const char *kind, const char *source)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0) {
            error_set(ERROR_USAGE, "eval: two methods are called %s, name them: NAME=PATH", name);
            return NULL;
        }
    memory_grow(&list->items, list->count, &list->capacity, sizeof *list->items);
    Method *method = &list->items[list->count++];
    *method = (Method){
        .name = memory_copy_string(name), .kind = kind, .source = memory_copy_string(source)};
    return method;
}

void method_list_free(MethodList *list)
{
    for (int i = 0; i < list->count; i++) {
        Method *method = &list->items[i];
        if (method->free)
            method->free(method->context);
        free(method->name);
        free(method->source);
        free(method->engine);
    }
    free(list->items);
    *list = (MethodList){0};
}

/* A folder's name is whole, a file's goes without its extension. */
static char *name_of_path(const char *path)
{
    char *trimmed = memory_copy_string(path);
    size_t length = strlen(trimmed);
    while (length > 1 && trimmed[length - 1] == '/')
        trimmed[--length] = 0;
    char *name =
        file_is_directory(trimmed) ? memory_copy_string(file_name(trimmed)) : file_stem(trimmed);
    free(trimmed);
    return name;
}

void method_argument_split(const char *argument, char **name, char **path)
{
    size_t length = strcspn(argument, "=/");
    if (argument[length] == '=' && length > 0) {
        *name = memory_print("%.*s", (int)length, argument);
        *path = memory_copy_string(argument + length + 1);
    } else {
        *name = name_of_path(argument);
        *path = memory_copy_string(argument);
    }
}
