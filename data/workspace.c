#include "data/workspace.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"

enum { ALIGNMENT = 64, MOST_BLOCKS = 48 };

typedef struct Block {
    char *bytes;
    size_t size;
} Block;

/* Blocks are taken from in order; each is at least twice its predecessor, and none ever moves. */
struct Workspace {
    Block blocks[MOST_BLOCKS];
    size_t block, used; /* the block in use, and how much of it */
};

static const size_t FIRST_BYTES = (size_t)1 << 20;

Workspace *workspace_new(void)
{
    return memory_new(sizeof(Workspace));
}

void workspace_free(Workspace *work)
{
    if (!work)
        return;
    for (size_t i = 0; i < MOST_BLOCKS; i++)
        free(work->blocks[i].bytes);
    free(work);
}

static void fill_block(Workspace *work, size_t index, size_t bytes)
{
    size_t size = index > 0 ? 2 * work->blocks[index - 1].size : FIRST_BYTES;
    size = size > bytes ? size : (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    work->blocks[index] = (Block){aligned_alloc(ALIGNMENT, size), size};
    if (!work->blocks[index].bytes) {
        fprintf(stderr, "unmush: out of memory (%zu bytes)\n", size);
        exit(1);
    }
}

void *workspace_take(Workspace *work, size_t count, size_t item_bytes)
{
    /* memory_array's overflow check and message, without its memory. */
    if (item_bytes > 0 && count > (SIZE_MAX - ALIGNMENT) / 4 / item_bytes)
        return memory_array(count, item_bytes);
    size_t bytes = (count * item_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    while (work->blocks[work->block].size - work->used < bytes) {
        if (work->blocks[work->block].bytes) {
            work->block++;
            work->used = 0;
        }
        if (work->block == MOST_BLOCKS)
            abort(); /* 2^48 times the first block's bytes */
        if (!work->blocks[work->block].bytes)
            fill_block(work, work->block, bytes);
    }
    char *start = work->blocks[work->block].bytes + work->used;
    work->used += bytes;
    return start;
}

WorkspaceMark workspace_mark(const Workspace *work)
{
    return (WorkspaceMark){work->block, work->used};
}

void workspace_release(Workspace *work, WorkspaceMark mark)
{
    work->block = mark.block;
    work->used = mark.used;
}
