/* The figures of a model in a report's metrics.json. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/sha256.h"
#include "export/metadata.h"

enum { DIGEST_TEXT = 65 };

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *text = member(object, key);
    return cJSON_IsString(text) ? text->valuestring : "";
}

/* The argument up to METHOD, which is set; NULL if it names none. A file's name may have a colon
 * of its own. */
static char *split_argument(const char *argument, const char **method)
{
    const char *colon = strrchr(argument, ':');
    bool whole = !colon || file_exists(argument);
    *method = whole ? NULL : colon + 1;
    return memory_print("%.*s", whole ? (int)strlen(argument) : (int)(colon - argument), argument);
}

/* "l1, adversarial", in static storage. */
static const char *models_in(const cJSON *methods)
{
    static _Thread_local char names[200];
    const cJSON *m;
    size_t used = 0;
    *names = 0;
    cJSON_ArrayForEach(m, methods)
    {
        if (strcmp(text_of(m, "kind"), "baseline") != 0 && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                                     text_of(m, "name"));
    }
    return names;
}

static const cJSON *find_named(const cJSON *methods, const char *name)
{
    const cJSON *m;
    cJSON_ArrayForEach(m, methods)
    {
        if (strcmp(text_of(m, "name"), name) == 0)
            return m;
    }
    return NULL;
}

/* The one that was measured of a file with the source's content; NULL without an error. */
static const cJSON *find_measured(const cJSON *methods, const char *source)
{
    uint64_t digest[4];
    char text[DIGEST_TEXT];
    const cJSON *m;
    if (sha256_file(source, digest) != 0)
        return NULL;
    sha256_text(digest, text);
    cJSON_ArrayForEach(m, methods)
    {
        if (strcmp(text_of(m, "sha256"), text) == 0)
            return m;
    }
    return NULL;
}

static const cJSON *find_method(const cJSON *methods, const char *path, const char *name,
                                const char *source)
{
    const cJSON *found = name ? find_named(methods, name) : find_measured(methods, source);
    if (found || error_pending())
        return found;
    if (name)
        error_set(ERROR_CONFIG, "%s: methods: none is called %s; there are %s", path, name,
                  models_in(methods));
    else
        error_set(ERROR_CONFIG,
                  "%s: methods: none was measured of %s; if one of %s is the same model, name it: "
                  "--evaluation=%s:NAME",
                  path, source, models_in(methods), path);
    return NULL;
}

/* The figures that a model carries; the first two must be there. */
static int add_figures(cJSON *object, const cJSON *method, const char *path)
{
    static const char *const KEYS[] = {"smoothing", "hallucination", "psnr_y", "detail_energy"};
    enum { NEEDED = 2 };
    for (int i = 0; i < (int)(sizeof KEYS / sizeof *KEYS); i++) {
        const cJSON *value = member(member(method, "mean"), KEYS[i]);
        if (cJSON_IsNumber(value))
            cJSON_AddNumberToObject(object, KEYS[i], value->valuedouble);
        else if (i < NEEDED)
            return error_set(ERROR_CONFIG, "%s: methods[%s].mean.%s: no number", path,
                             text_of(method, "name"), KEYS[i]);
    }
    return 0;
}

static void copy(cJSON *to, const char *name, const cJSON *from, const char *key)
{
    if (member(from, key))
        cJSON_AddItemToObject(to, name, cJSON_Duplicate(member(from, key), 1));
}

static char *describe(const cJSON *root, const cJSON *method, const char *path)
{
    cJSON *object = cJSON_CreateObject();
    char *text = NULL;
    if (add_figures(object, method, path) == 0) {
        copy(object, "set", member(root, "set"), "name");
        copy(object, "pictures", member(root, "set"), "pictures");
        copy(object, "degradation", root, "degradation");
        copy(object, "scale", root, "scale");
        copy(object, "method", method, "name");
        copy(object, "version", root, "version");
        text = json_line(object);
    }
    cJSON_Delete(object);
    return text;
}

int metadata_set_evaluation(Model *model, const char *source, const char *argument)
{
    const char *name;
    char *path = split_argument(argument, &name), *text = NULL;
    cJSON *root = json_read(path);
    const cJSON *methods = member(root, "methods"), *scale = member(root, "scale");
    if (root && !cJSON_IsArray(methods))
        error_set(ERROR_CONFIG, "%s: methods: missing; no metrics.json of unmush eval", path);
    else if (root && (!cJSON_IsNumber(scale) || scale->valuedouble != model->specification.scale))
        error_set(ERROR_CONFIG, "%s: scale: not the model's, %d", path, model->specification.scale);
    const cJSON *method =
        root && !error_pending() ? find_method(methods, path, name, source) : NULL;
    if (method)
        text = describe(root, method, path);
    if (text)
        weights_set_text(model->weights, "unmush.evaluation", text);
    int result = text ? 0 : -1;
    cJSON_Delete(root);
    free(text);
    free(path);
    return result;
}
