#include "data/pairs_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/threads.h"
#include "data/image.h"

/* What follows the folder's own name in a path below it; a file's last component. */
static const char *name_below(const char *argument, const char *path)
{
    size_t length = strlen(argument);
    if (!file_is_directory(argument) || strncmp(path, argument, length) != 0)
        return file_name(path);
    path += length;
    return path + strspn(path, "/");
}

static int list_argument(PairPlan *plan, const char *argument)
{
    FileList files = {0};
    int result = image_list(argument, &files);
    int count = plan->picture_count + files.count;
    plan->pictures = memory_resize(plan->pictures, (size_t)count + 1, sizeof *plan->pictures);
    for (int i = 0; i < files.count; i++)
        plan->pictures[plan->picture_count++] =
            (PlannedPicture){.path = memory_copy_string(files.paths[i]),
                             .source = memory_copy_string(name_below(argument, files.paths[i]))};
    file_list_free(&files);
    return result;
}

static int measure_picture(void *context, int i)
{
    PlannedPicture *picture = &((PairPlan *)context)->pictures[i];
    return image_read_size(picture->path, &picture->width, &picture->height);
}

/* One line that counts the pictures smaller than a tile and names the first. */
static int check_sizes(const PairPlan *plan)
{
    enum { NAMED = 3 };
    char names[512] = "";
    size_t length = 0;
    int count = 0;
    for (int i = 0; i < plan->picture_count; i++) {
        const PlannedPicture *p = &plan->pictures[i];
        if (p->width >= plan->tile && p->height >= plan->tile)
            continue;
        if (count++ < NAMED && length < sizeof names)
            length += (size_t)snprintf(names + length, sizeof names - length, "%s%s (%dx%d)",
                                       length > 0 ? ", " : "", p->path, p->width, p->height);
    }
    if (count == 0)
        return 0;
    return error_set(
        ERROR_SHAPE, "%s%s: %d of %d pictures smaller than a tile of %dx%d, see --tile", names,
        count > NAMED ? ", ..." : "", count, plan->picture_count, plan->tile, plan->tile);
}

static void place_tiles(PairPlan *plan)
{
    for (int i = 0; i < plan->picture_count; i++) {
        PlannedPicture *p = &plan->pictures[i];
        p->across = p->width / plan->tile;
        p->down = p->height / plan->tile;
        p->first = plan->tile_count;
        plan->tile_count += (int64_t)p->across * p->down;
    }
}

PairPlan *pair_plan_new(const StringList *arguments, int tile, int scale)
{
    PairPlan *plan = memory_new(sizeof *plan);
    plan->tile = tile;
    plan->scale = scale;
    int result = 0;
    for (int i = 0; result == 0 && i < arguments->count; i++)
        result = list_argument(plan, arguments->items[i]);
    if (result == 0)
        result = threads_for(plan->picture_count, measure_picture, plan);
    if (result == 0)
        result = check_sizes(plan);
    if (result == 0) {
        place_tiles(plan);
        return plan;
    }
    pair_plan_free(plan);
    return NULL;
}

void pair_plan_free(PairPlan *plan)
{
    if (!plan)
        return;
    for (int i = 0; i < plan->picture_count; i++) {
        free(plan->pictures[i].path);
        free(plan->pictures[i].source);
    }
    free(plan->pictures);
    free(plan);
}

TilePlace pair_plan_tile(const PairPlan *plan, int64_t index)
{
    int low = 0, high = plan->picture_count; /* the picture is low or later, before high */
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (plan->pictures[middle].first <= index)
            low = middle;
        else
            high = middle;
    }
    const PlannedPicture *p = &plan->pictures[low];
    int at = (int)(index - p->first), tile = plan->tile;
    return (TilePlace){.picture = low,
                       .x = (p->width - p->across * tile) / 2 + at % p->across * tile,
                       .y = (p->height - p->down * tile) / 2 + at / p->across * tile};
}
