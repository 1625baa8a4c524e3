/* A way back in the making: its steps and their places, one after the other. */
#ifndef NETS_FUSED_WAY_H
#define NETS_FUSED_WAY_H

#include "nets/fused/gradients.h"

/* A contribution that was put off. */
typedef struct Deferred {
    Place to, from;
    double scale;
} Deferred;

/* A way in the making. */
typedef struct Maker {
    const FusedPlan *plan;
    WayBack *way;
    bool **written;  /* of every buffer's channels */
    bool *needed;    /* of every node */
    bool *activated; /* of every step: its activation's derivative is in the gradient already */
    Deferred *deferred;
    int deferred_count, deferred_capacity;
} Maker;

/* ---- Places of gradients: way_places.c ---- */

bool way_same_place(Place a, Place b);
/* A step of the way, behind those that there are. */
BackStep *way_push(Maker *m, BackKind kind, Place from, Place to);
/* Makes a place ready to be written by the step that is pushed next: whether it adds. */
bool way_begin_write(Maker *m, Place to);
/* Writes what was put off for a place that has been written now. */
void way_end_write(Maker *m, Place to);
/* Puts off a contribution to a place that is a gradient at another, times scale. */
void way_defer(Maker *m, Place to, Place from, double scale);
/* Writes what was put off for any part of a place. */
void way_write_deferred(Maker *m, Place at);
/* Whether anything was written to a place, or put off. */
bool way_is_untouched(const Maker *m, Place at);
/* Zeros where nothing was written to a place; false if nothing was at all. */
bool way_complete(Maker *m, Place at);
/* Where a result's whole gradient can be read: at its own place, or, multiplied by *scale, at
 * another. `scale` NULL: only as it stands. Buffer -1: there is none. */
Place way_read_gradient(Maker *m, const Node *n, double *scale);

/* ---- Steps back: way_steps.c ---- */

bool way_wants(const Maker *m, int parameter);
/* Pushes the steps back through one of the plan's. */
void way_go_back(Maker *m, const Step *s);

#endif
