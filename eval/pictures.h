/* The pictures of an evaluation: ground truth, their LR versions, and folders matched with them. */
#ifndef EVAL_PICTURES_H
#define EVAL_PICTURES_H

#include <stdbool.h>

#include "data/degrade.h"
#include "data/image.h"

/* A set of ground truth pictures and where their LR versions come from. */
typedef struct PictureSet {
    int scale, count;
    bool input_only;                /* no truth: only LR pictures, and paths are theirs */
    char **paths, **names, **stems; /* "photos/baby.png", "baby.png", "baby" */
    int *widths, *heights;    /* cropped to multiples of scale; without truth scale times LR's */
    char **lr_paths;          /* with --lr; else NULL */
    Degradation *degradation; /* with --degrade; else NULL */
} PictureSet;

/* Lists the pictures below `hr` (NULL: those below `lr` alone, without truth), reads their sizes
 * and, where `lr` is a folder (else NULL), matches LR pictures by stem; all sizes are checked from
 * the files' headers. `degrade` is the degradation's name where lr is NULL. Fails with ERROR_FILE,
 * ERROR_FORMAT, ERROR_SHAPE (both sizes named). */
int picture_set_open(PictureSet *set, const char *hr, const char *lr, const char *degrade,
                     int scale);
void picture_set_close(PictureSet *set);

/* The pictures below `folder` with the stems of the set, in the set's order; NULL on error: one
 * line naming every missing one. Free with picture_match_free. */
char **picture_match(const PictureSet *set, const char *folder);
void picture_match_free(const PictureSet *set, char **paths);

typedef struct PicturePair {
    Image hr, lr; /* hr: cropped at the top left to multiples of the scale; empty without truth */
    uint64_t
        digest[4]; /* SHA-256 of the HR file, of LR's without truth, most significant word first */
} PicturePair;

/* Reads picture `index`. On error nothing is left to free. */
int picture_read(const PictureSet *set, int index, PicturePair *picture);
void picture_free(PicturePair *picture);

/* Crops `image` in place to width x height at its top left, if it is larger. */
void picture_trim(Image *image, int width, int height);

#endif
