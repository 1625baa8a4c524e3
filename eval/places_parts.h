/* What eval/places*.c share; nobody else includes it. */
#ifndef EVAL_PLACES_PARTS_H
#define EVAL_PLACES_PARTS_H

#include "eval/places.h"

/* A place that is kept while pictures are judged. */
struct Candidate {
    double score; /* 0: none */
    int picture;
    Window window;
    Image tiles[PLACE_TILES];
};

/* The PLACES_KEPT candidates of one kind and method, the worst first. */
Candidate *candidates_at(const Places *places, PlaceKind kind, int method);
void candidate_free(Candidate *candidate);

/* Whether this method's output is searched at all. */
bool places_search_method(const MethodList *methods, int method);

#endif
