#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "nets/graph.h"

static bool same_operation(const Node *a, const Node *b)
{
    return a->operation == b->operation && a->channels == b->channels &&
           a->input_count == b->input_count && a->kernel == b->kernel && a->stride == b->stride &&
           a->padding == b->padding && a->factor == b->factor && a->first == b->first &&
           a->ceil_mode == b->ceil_mode && (float)a->value == (float)b->value &&
           (float)a->shift == (float)b->shift && memcmp(a->mean, b->mean, sizeof a->mean) == 0 &&
           memcmp(a->deviation, b->deviation, sizeof a->deviation) == 0;
}

static bool same_key(const Graph *a, int of_a, const Graph *b, int of_b)
{
    if (of_a < 0 || of_b < 0)
        return of_a < 0 && of_b < 0;
    return strcmp(a->parameters[of_a].key, b->parameters[of_b].key) == 0;
}

/* Sums and products may have their inputs in either order. */
static bool is_symmetric(const Node *n)
{
    return n->operation == OPERATION_MULTIPLY || (n->operation == OPERATION_ADD && n->value == 1);
}

bool graph_same(const Graph *a, const Graph *b)
{
    if (a->count != b->count || !a->output || !b->output)
        return false;
    /* What nodes of a are in b; -1: not known yet. Readers come later, so they are met first. */
    int *partners = memory_array((size_t)a->count, sizeof *partners);
    for (int i = 0; i < a->count; i++)
        partners[i] = -1;
    partners[a->output->index] = b->output->index;
    bool same = true;
    for (int i = a->output->index; same && i >= 0; i--) {
        const Node *x = a->nodes[i];
        if (partners[i] < 0)
            continue; /* the output does not depend on it */
        const Node *y = b->nodes[partners[i]];
        same = same_operation(x, y) && same_key(a, x->weight, b, y->weight) &&
               same_key(a, x->bias, b, y->bias) && same_key(a, x->steps, b, y->steps);
        bool swapped = same && is_symmetric(x) && !same_operation(x->inputs[0], y->inputs[0]);
        for (int k = 0; same && k < x->input_count; k++) {
            int *partner = &partners[x->inputs[k]->index];
            int found = y->inputs[swapped ? 1 - k : k]->index;
            same = *partner < 0 || *partner == found;
            *partner = found;
        }
    }
    free(partners);
    return same;
}
