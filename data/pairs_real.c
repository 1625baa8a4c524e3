#include "data/pairs_real.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/threads.h"
#include "data/image.h"
#include "data/match.h"

/* What is looked up of the LR pictures. */
typedef struct Lookup {
    PairPlan *plan;
    int (*extents)[2];
} Lookup;

static int measure_lr(void *context, int i)
{
    const Lookup *l = context;
    PlannedPicture *p = &l->plan->pictures[i];
    if (file_stamp_take(p->lr_path, &p->lr_stamp) != 0)
        return -1;
    return image_read_size(p->lr_path, &l->extents[i][0], &l->extents[i][1]);
}

/* As many of the misfits as one line holds. */
static int check_extents(const Lookup *l)
{
    char names[900] = "";
    size_t length = 0;
    int count = 0, named = 0, scale = l->plan->scale;
    for (int i = 0; i < l->plan->picture_count; i++) {
        const PlannedPicture *p = &l->plan->pictures[i];
        int width = l->extents[i][0], height = l->extents[i][1];
        if (width == p->width / scale && height == p->height / scale)
            continue;
        count++;
        char name[300];
        int bytes = snprintf(name, sizeof name, "%s%s (%dx%d beside %dx%d)", count > 1 ? ", " : "",
                             p->lr_path, width, height, p->width, p->height);
        if (named == count - 1 && bytes < (int)sizeof name &&
            length + (size_t)bytes < sizeof names) {
            memcpy(names + length, name, (size_t)bytes + 1);
            length += (size_t)bytes;
            named++;
        }
    }
    if (count == 0)
        return 0;
    return error_set(ERROR_SHAPE, "%d of %d pictures do not fit scale %d: %s%s", count,
                     l->plan->picture_count, scale, names, named < count ? ", ..." : "");
}

static char **match(const PairPlan *plan, const char *folder)
{
    char **stems = memory_array((size_t)plan->picture_count + 1, sizeof *stems);
    for (int i = 0; i < plan->picture_count; i++)
        stems[i] = file_stem(plan->pictures[i].path);
    char **paths = match_stems(stems, plan->picture_count, folder);
    for (int i = 0; i < plan->picture_count; i++)
        free(stems[i]);
    free(stems);
    return paths;
}

int pair_plan_match(PairPlan *plan, const char *folder)
{
    char **paths = match(plan, folder);
    if (!paths)
        return -1;
    for (int i = 0; i < plan->picture_count; i++) {
        plan->pictures[i].lr_path = paths[i];
        plan->pictures[i].lr_source = memory_copy_string(file_name_below(folder, paths[i]));
    }
    free(paths);
    Lookup lookup = {plan, memory_array((size_t)plan->picture_count, sizeof(int[2]))};
    int result = threads_for(plan->picture_count, measure_lr, &lookup);
    if (result == 0)
        result = check_extents(&lookup);
    free(lookup.extents);
    return result;
}
