/* Scratch memory of one thread that works through many pictures: it grows while it learns what is
 * needed and allocates nothing from then on. */
#ifndef DATA_WORKSPACE_H
#define DATA_WORKSPACE_H

#include <stddef.h>

typedef struct Workspace Workspace;

Workspace *workspace_new(void);
void workspace_free(Workspace *work);

/* `count` items of `item_bytes`, aligned to 64 bytes and not cleared, valid until a mark set before
 * is released. Memory exhausted ends the program, as in core/memory.h. */
void *workspace_take(Workspace *work, size_t count, size_t item_bytes);

/* Everything taken since the mark goes back at once. Marks nest. */
typedef struct WorkspaceMark {
    size_t block, used;
} WorkspaceMark;
WorkspaceMark workspace_mark(const Workspace *work);
void workspace_release(Workspace *work, WorkspaceMark mark);

#endif
