#include "data/pairs_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/threads.h"
#include "data/image.h"
#include "data/pairs_real.h"

const char *file_name_below(const char *argument, const char *path)
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
        plan->pictures[plan->picture_count++] = (PlannedPicture){
            .path = memory_copy_string(files.paths[i]),
            .source = memory_copy_string(file_name_below(argument, files.paths[i]))};
    file_list_free(&files);
    return result;
}

int file_stamp_take(const char *path, FileStamp *stamp)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set_errno(ERROR_FILE, "%s: cannot read", path);
    stamp->bytes = (int64_t)status.st_size;
    stamp->modified = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    return 0;
}

static int measure_picture(void *context, int i)
{
    PlannedPicture *picture = &((PairPlan *)context)->pictures[i];
    if (file_stamp_take(picture->path, &picture->stamp) != 0)
        return -1;
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

/* Where the first of a row or column of tiles begins, in the middle of what is left over. */
static int margin(const PairPlan *plan, const PlannedPicture *p, int extent, int step, int count)
{
    int first = (extent - (count - 1) * step - plan->tile) / 2;
    return p->lr_path ? first - first % plan->scale : first;
}

static int tiles_along(const PairPlan *plan, int extent, int step)
{
    return (extent - plan->tile) / step + 1;
}

static void lay_grid(PairPlan *plan, int picture, int step)
{
    const PlannedPicture *p = &plan->pictures[picture];
    int across = tiles_along(plan, p->width, step), down = tiles_along(plan, p->height, step);
    int left = margin(plan, p, p->width, step, across);
    int top = margin(plan, p, p->height, step, down);
    for (int row = 0; row < down; row++)
        for (int column = 0; column < across; column++)
            plan->tiles[plan->tile_count++] =
                (TilePlace){picture, left + column * step, top + row * step};
}

static int place_tiles(PairPlan *plan, int step)
{
    int64_t count = 0;
    for (int i = 0; i < plan->picture_count; i++)
        count += (int64_t)tiles_along(plan, plan->pictures[i].width, step) *
                 tiles_along(plan, plan->pictures[i].height, step);
    if (count > MOST_TILES)
        return error_set(ERROR_SHAPE, "%lld tiles are more than a store can have (%d)",
                         (long long)count, MOST_TILES);
    plan->tiles = memory_array((size_t)count + 1, sizeof *plan->tiles);
    for (int i = 0; i < plan->picture_count; i++)
        lay_grid(plan, i, step);
    return 0;
}

PairPlan *pair_plan_new(const StringList *arguments, int tile, int scale, int step, const char *lr)
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
    if (result == 0 && lr)
        result = pair_plan_match(plan, lr);
    if (result == 0)
        result = place_tiles(plan, step);
    if (result == 0)
        return plan;
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
        free(plan->pictures[i].lr_path);
        free(plan->pictures[i].lr_source);
    }
    free(plan->pictures);
    free(plan->tiles);
    free(plan);
}
