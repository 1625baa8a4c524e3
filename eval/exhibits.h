/* All pictures that an evaluation shows, collected while it judges: those of strips.png, and those
 * of index.html within a budget of bytes. Memory does not grow with the number of pictures. */
#ifndef EVAL_EXHIBITS_H
#define EVAL_EXHIBITS_H

#include "eval/gallery.h"
#include "eval/places.h"
#include "eval/strips.h"

typedef struct Exhibits {
    Strips strips;
    Gallery loupe; /* the input, bicubic, every model and other program's pictures, the truth */
    Gallery dial;  /* blends by their alpha, the truth; empty without blends */
    Places places;
} Exhibits;

/* The set and the methods must outlive it.
 *   crop  pixels at the border that are not judged */
Exhibits exhibits_new(const PictureSet *set, const MethodList *methods, int crop);
void exhibits_free(Exhibits *exhibits);

/* Takes from picture `index` what is to be shown of it.
 *   reference     a full one
 *   sr, evidence  one per method */
int exhibits_take(Exhibits *exhibits, int index, const PicturePair *picture,
                  const Reference *reference, const Image *sr, const Evidence *evidence);

/* The same without truth: only the loupe.
 *   energy  where to look, of sr's extents: where the methods disagree most */
int exhibits_take_input(Exhibits *exhibits, int index, const PicturePair *picture,
                        const Plane *energy, const Image *sr);

/* Collective: brings all to rank 0. */
int exhibits_gather(Exhibits *exhibits);

/* The methods of the dial from one end to the other, as indices: the first model, the blends by
 * rising alpha, the second model. How many; 0 without blends.
 *   path  has room for methods->count */
int blend_path(const MethodList *methods, int *path);
double blend_alpha(const MethodList *methods, const int *path, int step);

#endif
