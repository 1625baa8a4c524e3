#include "nets/fused/plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "nets/fused/gradients.h"

static void allocate(FusedPlan *p)
{
    size_t nodes = (size_t)p->graph->count + 1;
    p->visible = memory_array(nodes, sizeof *p->visible);
    p->heights = memory_array(nodes, sizeof *p->heights);
    p->widths = memory_array(nodes, sizeof *p->widths);
    p->types = memory_array(nodes, sizeof *p->types);
    p->steps = memory_array(nodes, sizeof *p->steps);
    p->makers = memory_array(nodes, sizeof *p->makers);
    p->again = memory_array(nodes, sizeof *p->again);
    p->places = memory_array(nodes, sizeof *p->places);
    p->inputs = memory_array(nodes, sizeof *p->inputs);
    p->outputs = memory_array(nodes, sizeof *p->outputs);
    p->parameters = memory_array(3 * nodes, sizeof *p->parameters);
}

FusedPlan *plan_new(const Graph *graph, const FusedForm *form, const bool *visible,
                    const TensorType *types)
{
    FusedPlan *p = memory_new(sizeof *p);
    p->form = *form;
    p->graph = graph;
    allocate(p);
    memcpy(p->visible, visible, (size_t)graph->count * sizeof *visible);
    memcpy(p->types, types, (size_t)graph->count * sizeof *types);
    if (graph_extents(graph, form->h, form->w, p->heights, p->widths) != 0) {
        plan_free(p);
        return NULL;
    }
    plan_steps(p);
    plan_places(p);
    return p;
}

void plan_free(FusedPlan *p)
{
    if (!p)
        return;
    plan_free_ways(p);
    free(p->visible);
    free(p->heights);
    free(p->widths);
    free(p->types);
    free(p->steps);
    free(p->makers);
    free(p->again);
    free(p->places);
    free(p->buffers);
    free(p->inputs);
    free(p->outputs);
    free(p->parameters);
    free(p);
}
