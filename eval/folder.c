#include "eval/folder.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/findings.h"
#include "core/memory.h"

typedef struct Folder {
    const PictureSet *set;
    char **paths;
} Folder;

static int check_size(const PictureSet *set, int i, const char *path)
{
    int width, height, w = set->widths[i], h = set->heights[i];
    if (image_read_size(path, &width, &height) != 0)
        return -1;
    if (width - width % set->scale == w && height - height % set->scale == h)
        return 0;
    return error_set(ERROR_SHAPE, "%s: %dx%d pixels where %s has %dx%d", path, width, height,
                     set->names[i], w, h);
}

static int upscale(void *context, const MethodInput *input, Image *sr)
{
    const Folder *folder = context;
    if (image_read(folder->paths[input->index], sr) != 0)
        return -1;
    picture_trim(sr, input->lr->width * input->scale, input->lr->height * input->scale);
    return 0;
}

static void folder_free(void *context)
{
    Folder *folder = context;
    picture_match_free(folder->set, folder->paths);
    free(folder);
}

int method_from_folder(Method *method, const PictureSet *set)
{
    char **paths = picture_match(set, method->source);
    if (!paths)
        return -1;
    Folder *folder = memory_new(sizeof *folder);
    *folder = (Folder){set, paths};
    method->parallel = true;
    method->upscale = upscale;
    method->free = folder_free;
    method->context = folder;
    Findings findings = {0};
    for (int i = 0; i < set->count; i++) {
        check_size(set, i, paths[i]);
        findings_add(&findings);
    }
    return findings_end(&findings);
}
