/* Which pictures become which files. */
#ifndef UPSCALE_UPSCALE_NAMES_H
#define UPSCALE_UPSCALE_NAMES_H

#include <stdbool.h>

#include "data/photo.h"
#include "upscale/upscale_options.h"

typedef struct Errand {
    char *from, *to; /* "-" for a stream */
    PhotoFormat format;
    bool in_folder; /* of the output, which may have to be made */
    int64_t pixels; /* of the picture, for the progress; 0: not known */
} Errand;

typedef struct ErrandList {
    Errand *items;
    int count, capacity;
    int skipped; /* whose results are there already */
} ErrandList;

/* Pictures, folders of them (with their subfolders, which the output mirrors), or "-". `suffix` is
 * what is added to names where there is no output ("x4"). ERROR_USAGE where two would become one,
 * or one would replace a picture that is to be read; ERROR_FILE where a result is there already and
 * is neither to be replaced nor skipped, or there is no picture. */
int errands_make(const UpscaleOptions *o, const StringList *arguments, const char *suffix,
                 ErrandList *list);
void errands_free(ErrandList *list);

#endif
