#include "data/degrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "data/degrade/inside.h"
#include "data/degrade/presets.h"

enum { LONGEST_NAME = 63, MOST_RECIPE_BYTES = 60000 /* of an HDF5 attribute */ };

struct Degradation {
    char *name, *about, *recipe;
    Step *target, *steps; /* target NULL: HR as it is */
    Step *last;           /* makes LR's extents of whatever the steps left */
};

static const char LAST[] = "[{\"resize\":{\"kernel\":\"bicubic\",\"of\":\"lr\"}}]";

static int read_text(char **text, const cJSON *root, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
    if (item && !cJSON_IsString(item))
        return error_set(ERROR_CONFIG, "%s: expected text", key);
    *text = item ? memory_copy_string(item->valuestring) : NULL;
    return 0;
}

static int check_keys(const cJSON *root)
{
    static const char *const KNOWN[] = {"name", "about", "target", "steps"};
    const cJSON *item;
    if (!cJSON_IsObject(root))
        return error_set(ERROR_CONFIG, "a recipe is an object with \"steps\"");
    cJSON_ArrayForEach(item, root)
    {
        size_t i = 0;
        while (i < 4 && strcmp(KNOWN[i], item->string) != 0)
            i++;
        if (i == 4)
            return error_set(ERROR_CONFIG,
                             "unknown key \"%s\"; a recipe has name, about, target and steps",
                             item->string);
    }
    return 0;
}

static char *resolved_recipe(const Degradation *d)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "name", d->name);
    if (d->about)
        cJSON_AddStringToObject(root, "about", d->about);
    if (d->target)
        cJSON_AddItemToObject(root, "target", recipe_json(d->target));
    cJSON_AddItemToObject(root, "steps", recipe_json(d->steps));
    char *line = json_line(root);
    cJSON_Delete(root);
    return line;
}

/* One more operation makes LR's extents. */
static int check_length(const Step *steps, const char *where)
{
    size_t most = recipe_most_steps(steps);
    if (most < MOST_OPERATIONS)
        return 0;
    return error_set(ERROR_CONFIG, "%s: may take %zu steps, more than %d", where, most,
                     MOST_OPERATIONS - 1);
}

static int read_steps(Degradation *d, const cJSON *root)
{
    uint32_t position = 0;
    const cJSON *target = cJSON_GetObjectItemCaseSensitive(root, "target");
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(root, "steps");
    if (!steps)
        return error_set(ERROR_CONFIG, "steps: missing");
    d->steps = recipe_parse(steps, "steps", &position);
    if (d->steps && target)
        d->target = recipe_parse(target, "target", &position);
    if (!d->steps || (target && !d->target))
        return -1;
    const Operation *resizing = d->target ? recipe_resizes(d->target) : NULL;
    if (resizing)
        return error_set(ERROR_CONFIG, "target: \"%s\" would change its extents", resizing->name);
    cJSON *last = cJSON_Parse(LAST);
    d->last = recipe_parse(last, "steps", &position);
    cJSON_Delete(last);
    return check_length(d->steps, "steps") != 0 ||
                   (target && check_length(d->target, "target") != 0)
               ? -1
               : 0;
}

static int read_recipe(Degradation *d, const cJSON *root, const char *name)
{
    if (check_keys(root) != 0 || read_text(&d->name, root, "name") != 0 ||
        read_text(&d->about, root, "about") != 0)
        return -1;
    if (!d->name)
        d->name = file_stem(name);
    if (strlen(d->name) > LONGEST_NAME)
        return error_set(ERROR_CONFIG, "name: longer than %d bytes", LONGEST_NAME);
    if (read_steps(d, root) != 0)
        return -1;
    d->recipe = resolved_recipe(d);
    if (strlen(d->recipe) > MOST_RECIPE_BYTES)
        return error_set(ERROR_CONFIG, "the recipe is longer than %d bytes", MOST_RECIPE_BYTES);
    return 0;
}

/* Frees the tree of JSON, which is NULL after an error. */
static Degradation *degradation_new(cJSON *root, const char *name)
{
    if (!root)
        return NULL;
    Degradation *d = memory_new(sizeof *d);
    if (read_recipe(d, root, name) != 0) {
        error_note("%s", name);
        degradation_free(d);
        d = NULL;
    }
    cJSON_Delete(root);
    return d;
}

Degradation *degradation_parse(const char *text, const char *name)
{
    return degradation_new(json_parse(text, strlen(text), name), name);
}

Degradation *degradation_open(const char *name)
{
    char known[512] = "";
    if (strchr(name, '/') || file_has_extension(name, "json"))
        return degradation_new(json_read(name), name);
    for (const Preset *p = PRESETS; p->name; p++) {
        if (strcmp(p->name, name) == 0)
            return degradation_parse(p->text, name);
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", p->name);
    }
    error_set(ERROR_CONFIG, "degradation \"%s\" is not known; known: %s, or a FILE.json", name,
              known);
    return NULL;
}

void degradation_free(Degradation *d)
{
    if (!d)
        return;
    free(d->name);
    free(d->about);
    free(d->recipe);
    step_free(d->target);
    step_free(d->steps);
    step_free(d->last);
    free(d);
}

const Step *degradation_target(const Degradation *d)
{
    return d->target;
}

const Step *degradation_steps(const Degradation *d)
{
    return d->steps;
}

const Step *degradation_last(const Degradation *d)
{
    return d->last;
}

const char *degradation_name(const Degradation *d)
{
    return d->name;
}

const char *degradation_recipe(const Degradation *d)
{
    return d->recipe;
}

static const char FRAME[] = "{\"target\":[],\"steps\":[]}";

size_t degradation_most_text(const Degradation *d)
{
    size_t target = d->target ? recipe_most_text(d->target) : 0;
    return sizeof FRAME + target + recipe_most_text(d->steps) + recipe_most_text(d->last);
}

bool degradation_changes_target(const Degradation *d)
{
    return d->target != NULL;
}

const char *degradation_preset(int index, const char **about)
{
    static _Thread_local char text[256];
    const Preset *preset = &PRESETS[index];
    if (!preset->name)
        return NULL;
    cJSON *root = cJSON_Parse(preset->text);
    const char *found = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "about"));
    snprintf(text, sizeof text, "%s", found ? found : "");
    cJSON_Delete(root);
    *about = text;
    return preset->name;
}

uint64_t degradation_key(uint64_t seed, uint64_t a, uint32_t b)
{
    Random random = random_stream(seed, RANDOM_DEGRADE, a, b);
    uint64_t high = random_word(&random);
    return high << 32 | random_word(&random);
}

int degradation_apply(const Degradation *degradation, const Image *hr, int scale, uint64_t key,
                      Image *lr)
{
    Degrader *degrader = degrader_new(degradation, scale);
    Workspace *work = workspace_new();
    Picture from = picture_take(work, hr->width, hr->height), to;
    picture_from_image(hr, 0, 0, &from);
    int result = degrader_reduce(degrader, &from, key, 8, &to);
    if (result == 0) {
        *lr = image_new(to.width, to.height);
        picture_to_bytes(&to, lr->rgb);
    }
    workspace_free(work);
    degrader_free(degrader);
    return result;
}
