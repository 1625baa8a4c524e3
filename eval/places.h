/* The places where upscalers fail worst, found by themselves, with what there is to see. */
#ifndef EVAL_PLACES_H
#define EVAL_PLACES_H

#include "eval/method.h"
#include "eval/metrics.h"
#include "eval/packed.h"
#include "eval/pictures.h"
#include "eval/window.h"

typedef enum PlaceKind {
    PLACE_SMOOTHED,      /* lost detail in texture */
    PLACE_INVENTED,      /* invented detail on flat ground */
    PLACE_HALO,          /* beyond the truth's range beside edges */
    PLACE_CONTRADICTION, /* D(SR) is not D(HR) */
    PLACE_KINDS
} PlaceKind;

typedef enum PlaceTile {
    PLACE_INPUT, /* in its own pixels */
    PLACE_METHOD,
    PLACE_TRUTH,
    PLACE_OVERLAY, /* detail: blue lost, red invented; else: blue too dark, red too bright */
    PLACE_TILES
} PlaceTile;

enum {
    PLACE_PIXELS = 56, /* a window's side at most */
    PLACES_KEPT = 3    /* of each kind: the worst ones over all methods */
};

typedef struct Place {
    int method, picture;
    double score; /* of the failure, grey levels, RMS over the window */
    Window window;
    Packed tiles[PLACE_TILES]; /* of rank 0 once gathered */
} Place;

typedef struct PlaceList {
    int count;
    Place *items; /* the worst first */
} PlaceList;

typedef struct Candidate Candidate;

typedef struct Places {
    const MethodList *methods;
    int crop;
    Candidate *candidates; /* [kind][method][PLACES_KEPT], the worst first */
    PlaceList lists[PLACE_KINDS];
} Places;

/* Searches the output of models and other programs; of blends or baselines only where there is
 * nothing else. The methods must outlive it.
 *   crop  pixels at the border where nothing counts */
Places places_new(const MethodList *methods, int crop);
void places_free(Places *places);

/* How many bytes their pictures may take at most. */
size_t places_bytes(const Places *places);

/* Looks for worse places in picture `index`; at most one of a kind and method.
 *   reference     a full one
 *   sr, evidence  one per method */
int places_take(Places *places, int index, const PicturePair *picture, const Reference *reference,
                const Image *sr, const Evidence *evidence);

/* Collective: fills the lists, on every rank the same but for the tiles: the worst of each kind,
 * and the worst of every method that is not among them. */
int places_gather(Places *places);

#endif
