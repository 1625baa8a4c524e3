/* Making pairs: draws a recipe's values and does what they say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "core/memory.h"
#include "data/degrade.h"
#include "data/degrade/drawn.h"
#include "data/degrade/inside.h"

enum { SPACES = 3 };

struct Degrader {
    const Degradation *degradation;
    int scale;
    /* The picture lives in one of them, the operation under way takes from another, the third
     * keeps the target meanwhile. */
    Workspace *spaces[SPACES];
    int home, other;
    DrawnList target, steps, last;
    char *text;
};

Degrader *degrader_new(const Degradation *degradation, int scale)
{
    Degrader *d = memory_new(sizeof *d);
    d->degradation = degradation;
    d->scale = scale;
    for (int i = 0; i < SPACES; i++)
        d->spaces[i] = workspace_new();
    d->text = memory_new(degradation_most_text(degradation));
    return d;
}

void degrader_free(Degrader *d)
{
    if (!d)
        return;
    for (int i = 0; i < SPACES; i++)
        workspace_free(d->spaces[i]);
    drawn_free(&d->target);
    drawn_free(&d->steps);
    drawn_free(&d->last);
    free(d->text);
    free(d);
}

static void empty(Workspace *work)
{
    workspace_release(work, (WorkspaceMark){0});
}

/* If the operation has put a new picture in the place of the old one, the workspaces change roles;
 * else what it took is scratch. */
static int do_operation(Degrader *d, const Drawn *item, const void *values, const Situation *s,
                        Picture *picture)
{
    const float *before = picture->planes[0];
    empty(d->spaces[d->other]);
    if (item->operation->check && item->operation->check(values) != 0)
        return -1;
    if (item->operation->apply(values, s, d->spaces[d->other], picture) != 0)
        return error_note("%s", item->operation->name);
    if (picture->planes[0] != before) {
        int home = d->home;
        d->home = d->other;
        d->other = home;
    }
    return 0;
}

static int do_all(Degrader *d, const DrawnList *list, const Situation *s, Picture *picture)
{
    for (int i = 0; i < list->count; i++)
        if (do_operation(d, &list->items[i], drawn_values(list, i), s, picture) != 0)
            return -1;
    return 0;
}

static int check_extents(const Degrader *d, const Picture *hr)
{
    if (d->scale >= 1 && hr->width % d->scale == 0 && hr->height % d->scale == 0)
        return 0;
    return error_set(ERROR_SHAPE, "%dx%d pixels are not a multiple of scale %d", hr->width,
                     hr->height, d->scale);
}

static Situation situation_of(const Degrader *d, const Picture *hr)
{
    return (Situation){d->scale, hr->width, hr->height};
}

/* A copy of the picture to work on, in two workspaces that are not `kept` (-1: none is). */
static Picture begin(Degrader *d, const Picture *hr, int kept)
{
    d->home = (kept + 1) % SPACES;
    d->other = (kept + 2) % SPACES;
    empty(d->spaces[d->home]);
    Picture copy = picture_take(d->spaces[d->home], hr->width, hr->height);
    picture_copy(hr, &copy);
    return copy;
}

/* `drawn` holds the steps; what makes LR's extents of their result is appended if need be. */
static int make_lr(Degrader *d, const Picture *hr, int kept, uint64_t key, int depth, Picture *lr)
{
    Situation s = situation_of(d, hr);
    Picture picture = begin(d, hr, kept);
    if (do_all(d, &d->steps, &s, &picture) != 0)
        return -1;
    drawn_clear(&d->last);
    if (picture.width != hr->width / d->scale || picture.height != hr->height / d->scale) {
        recipe_draw(degradation_last(d->degradation), key, &d->last);
        if (do_all(d, &d->last, &s, &picture) != 0)
            return -1;
        drawn_join(&d->steps, &d->last);
    }
    picture_round(&picture, depth);
    *lr = picture;
    return 0;
}

int degrader_reduce(Degrader *d, const Picture *hr, uint64_t key, int depth, Picture *lr)
{
    drawn_clear(&d->steps);
    if (check_extents(d, hr) != 0)
        return -1;
    recipe_draw(degradation_steps(d->degradation), key, &d->steps);
    return make_lr(d, hr, -1, key, depth, lr);
}

static int make_target(Degrader *d, const Picture *hr, uint64_t key, int depth, Picture *target)
{
    const Step *steps = degradation_target(d->degradation);
    Situation s = situation_of(d, hr);
    Picture picture = begin(d, hr, -1);
    drawn_clear(&d->target);
    if (steps)
        recipe_draw(steps, key, &d->target);
    if (do_all(d, &d->target, &s, &picture) != 0)
        return -1;
    picture_round(&picture, depth);
    *target = picture;
    return 0;
}

static const char *describe(Degrader *d)
{
    size_t length = 1;
    d->text[0] = '{';
    if (d->target.count > 0) {
        length += (size_t)sprintf(d->text + length, "\"target\":");
        length = drawn_print(&d->target, d->text, length);
        d->text[length++] = ',';
    }
    length += (size_t)sprintf(d->text + length, "\"steps\":");
    length = drawn_print(&d->steps, d->text, length);
    memcpy(d->text + length, "}", 2);
    return d->text;
}

int degrader_run(Degrader *d, const Picture *hr, uint64_t key, int depth, DegradedPair *pair)
{
    drawn_clear(&d->steps);
    if (check_extents(d, hr) != 0 || make_target(d, hr, key, depth, &pair->hr) != 0)
        return -1;
    recipe_draw(degradation_steps(d->degradation), key, &d->steps);
    if (make_lr(d, &pair->hr, d->home, key, depth, &pair->lr) != 0)
        return -1;
    pair->drawn = describe(d);
    return 0;
}

static int parse_drawn(DrawnList *list, const char *text)
{
    cJSON *root = json_parse(text, strlen(text), "drawn");
    int result = root ? drawn_parse(list, cJSON_GetObjectItemCaseSensitive(root, "steps")) : -1;
    cJSON_Delete(root);
    if (result == 0)
        return 0;
    ErrorReport report = error_take();
    return error_set(ERROR_FORMAT, "%s", report.message);
}

int degrader_replay(Degrader *d, const Picture *hr, const char *drawn, int depth, Picture *lr)
{
    if (check_extents(d, hr) != 0 || parse_drawn(&d->steps, drawn) != 0)
        return -1;
    Situation s = situation_of(d, hr);
    Picture picture = begin(d, hr, -1);
    if (do_all(d, &d->steps, &s, &picture) != 0)
        return -1;
    if (picture.width != hr->width / d->scale || picture.height != hr->height / d->scale)
        return error_set(ERROR_FORMAT, "what was drawn leaves %dx%d pixels instead of %dx%d",
                         picture.width, picture.height, hr->width / d->scale,
                         hr->height / d->scale);
    picture_round(&picture, depth);
    *lr = picture;
    return 0;
}
