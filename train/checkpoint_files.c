/* The checkpoint files of a run directory. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "train/checkpoint.h"

char *checkpoint_path(const char *folder, int64_t step)
{
    return memory_print("%s/checkpoint-%lld.h5", folder, (long long)step);
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

int checkpoint_list(const char *folder, int64_t **steps)
{
    int count = 0, capacity = 0;
    *steps = NULL;
    DIR *directory = opendir(folder);
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        int64_t step;
        int used = 0;
        if (sscanf(entry->d_name, "checkpoint-%15" SCNd64 ".h5%n", &step, &used) != 1 ||
            used == 0 || entry->d_name[used])
            continue;
        memory_grow(steps, count, &capacity, sizeof **steps);
        (*steps)[count++] = step;
    }
    if (directory)
        closedir(directory);
    if (count > 0)
        qsort(*steps, (size_t)count, sizeof **steps, newest_first);
    return count;
}

bool checkpoint_stays(const CheckpointRule *rule, int64_t step, bool newest)
{
    if (step > rule->step)
        return false;
    for (int i = 0; i < rule->kept_count; i++)
        if (step == rule->kept[i])
            return true;
    return newest || (rule->each > 0 && step > 0 && step % rule->each == 0);
}

void checkpoint_prune(const char *folder, const CheckpointRule *rule)
{
    int64_t *steps;
    bool newest = true;
    int count = checkpoint_list(folder, &steps);
    for (int i = 0; i < count; i++) {
        bool stays = checkpoint_stays(rule, steps[i], newest);
        newest = newest && steps[i] > rule->step;
        if (stays)
            continue;
        char *path = checkpoint_path(folder, steps[i]);
        unlink(path);
        free(path);
    }
    free(steps);
}
