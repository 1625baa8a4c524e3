/* Which files of a folder are which net's weights. */
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "nets/lpips.h"

/* How the published files' names begin: torchvision's backbones and LPIPS's linear weights. */
typedef struct FileNames {
    const char *backbone, *linear, *linear_short;
} FileNames;

static const FileNames FILE_NAMES[LPIPS_NETS] = {
    {"alexnet", "lpips-v0.1-alex.", "alex."},
    {"vgg16", "lpips-v0.1-vgg.", "vgg."},
    {"squeezenet1_1", "lpips-v0.1-squeeze.", "squeeze."},
};

/* The first weights file whose name begins so, or NULL. */
static const char *find_file(const FileList *list, const char *beginning)
{
    for (int i = 0; i < list->count; i++)
        if (strncmp(file_name(list->paths[i]), beginning, strlen(beginning)) == 0 &&
            (file_has_extension(list->paths[i], "pth") ||
             file_has_extension(list->paths[i], "safetensors")))
            return list->paths[i];
    return NULL;
}

static Lpips *load(LpipsNet net, Precision precision, const char *backbone_path,
                   const char *linear_path)
{
    Weights *backbone = weights_read(backbone_path), *linear = NULL;
    if (backbone)
        linear = weights_read(linear_path);
    Lpips *lpips = linear ? lpips_new(net, backbone, linear, precision) : NULL;
    if (linear && !lpips)
        error_note("%s and %s", backbone_path, linear_path);
    weights_free(backbone);
    weights_free(linear);
    return lpips;
}

static Lpips *open_listed(const FileList *list, LpipsNet net, Precision precision)
{
    const FileNames *names = &FILE_NAMES[net];
    const char *backbone = find_file(list, names->backbone);
    const char *linear = find_file(list, names->linear);
    if (!linear)
        linear = find_file(list, names->linear_short);
    return backbone && linear ? load(net, precision, backbone, linear) : NULL;
}

int lpips_open(const char *directory, LpipsNet net, Precision precision, Lpips **lpips)
{
    FileList list = {0};
    int result = file_list(directory, false, &list);
    *lpips = result == 0 ? open_listed(&list, net, precision) : NULL;
    file_list_free(&list);
    return result != 0 || (error_pending() && !*lpips) ? -1 : 0;
}
