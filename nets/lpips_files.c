/* Which files of a folder are which net's weights. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "nets/lpips.h"
#include "nets/published.h"

/* How the published files' names begin: torchvision's backbones and LPIPS's linear weights. */
typedef struct FileNames {
    const char *backbone, *linear, *linear_short;
} FileNames;

static const FileNames FILE_NAMES[LPIPS_NETS] = {
    {"alexnet", "lpips-v0.1-alex.", "alex."},
    {"vgg16", "lpips-v0.1-vgg.", "vgg."},
    {"squeezenet1_1", "lpips-v0.1-squeeze.", "squeeze."},
};

static Lpips *load(LpipsNet net, Precision precision, const char *backbone_path,
                   const char *linear_path)
{
    Weights *backbone, *linear;
    if (published_read(backbone_path, linear_path, &backbone, &linear) != 0)
        return NULL;
    Lpips *lpips = lpips_new(net, backbone, linear, precision);
    if (!lpips)
        error_note("%s and %s", backbone_path, linear_path);
    weights_free(backbone);
    weights_free(linear);
    return lpips;
}

/* The net's two files, NULL for one that is not there. */
static void find_files(const FileList *list, LpipsNet net, const char **backbone,
                       const char **linear)
{
    const FileNames *names = &FILE_NAMES[net];
    *backbone = published_find(list, names->backbone);
    *linear = published_find(list, names->linear);
    if (!*linear)
        *linear = published_find(list, names->linear_short);
}

int lpips_open(const char *directory, LpipsNet net, Precision precision, Lpips **lpips)
{
    FileList list;
    char *folder;
    const char *backbone, *linear;
    int result = published_list(directory, &folder, &list);
    find_files(&list, net, &backbone, &linear);
    *lpips = result == 0 && backbone && linear ? load(net, precision, backbone, linear) : NULL;
    file_list_free(&list);
    free(folder);
    return result != 0 || (error_pending() && !*lpips) ? -1 : 0;
}

int lpips_missing(const char *directory, LpipsNet net)
{
    FileList list;
    char *folder;
    const char *backbone, *linear, *name = LPIPS_NET_NAMES[net];
    if (published_list(directory, &folder, &list) == 0) {
        find_files(&list, net, &backbone, &linear);
        error_set(ERROR_FILE,
                  "%s: LPIPS %s lacks %s%s%s%s%s%s: `unmush weights fetch lpips-%s` gets what it "
                  "needs%s",
                  folder, name, backbone ? "" : FILE_NAMES[net].backbone, backbone ? "" : "*.pth",
                  backbone || linear ? "" : " and ", linear ? "" : "lpips-v0.1-",
                  linear ? "" : name, linear ? "" : ".pth", name,
                  strcmp(folder, directory) == 0 ? ", and \"cache\" names that folder" : "");
    }
    file_list_free(&list);
    free(folder);
    return -1;
}
