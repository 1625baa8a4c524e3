#include "nets/weights_catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"

#define TORCHVISION "https://download.pytorch.org/models/"
/* Repositories at a commit, so that the files stay what they are. */
#define LPIPS                                                                                      \
    "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/"                            \
    "082bb24f84c091ea94de2867d34c4544f68e0963/lpips/weights/v0.1/"
#define DISTS                                                                                      \
    "https://raw.githubusercontent.com/dingkeyan93/DISTS/"                                         \
    "1267d8cb626c98706db3697422701c56a85ebf2e/DISTS_pytorch/"

#define FROM_TORCHVISION .source = "torchvision, trained on ImageNet", .licence = "BSD-3-Clause"
#define FROM_LPIPS       .source = "LPIPS 0.1, by its authors", .licence = "BSD-2-Clause"

const CatalogueEntry CATALOGUE[CATALOGUE_COUNT] = {
    {.name = "vgg19",
     .file = "vgg19-dcbb9e9d.pth",
     .url = TORCHVISION "vgg19-dcbb9e9d.pth",
     .size = 574673361,
     .sha256 = "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
     .hash_source = HASH_RECORDED,
     .purpose = "the perceptual loss of train",
     FROM_TORCHVISION},
    {.name = "vgg16",
     .file = "vgg16-397923af.pth",
     .url = TORCHVISION "vgg16-397923af.pth",
     .size = 553433881,
     .sha256 = "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
     .hash_source = HASH_RECORDED,
     .purpose = "features for LPIPS vgg and DISTS",
     FROM_TORCHVISION},
    {.name = "alexnet",
     .file = "alexnet-owt-7be5be79.pth",
     .url = TORCHVISION "alexnet-owt-7be5be79.pth",
     .size = 244408911,
     .sha256 = "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
     .hash_source = HASH_RECORDED,
     .purpose = "features for LPIPS alex",
     FROM_TORCHVISION},
    {.name = "squeezenet1_1",
     .file = "squeezenet1_1-b8a52dc0.pth",
     .url = TORCHVISION "squeezenet1_1-b8a52dc0.pth",
     .size = 4958839,
     .sha256 = "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
     .hash_source = HASH_RECORDED,
     .purpose = "features for LPIPS squeeze",
     FROM_TORCHVISION},
    {.name = "lpips-v0.1-alex",
     .file = "lpips-v0.1-alex.pth",
     .url = LPIPS "alex.pth",
     .size = 6009,
     .sha256 = "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
     .hash_source = HASH_COMPUTED,
     .purpose = "linear weights of LPIPS alex",
     FROM_LPIPS},
    {.name = "lpips-v0.1-vgg",
     .file = "lpips-v0.1-vgg.pth",
     .url = LPIPS "vgg.pth",
     .size = 7289,
     .sha256 = "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
     .hash_source = HASH_COMPUTED,
     .purpose = "linear weights of LPIPS vgg",
     FROM_LPIPS},
    {.name = "lpips-v0.1-squeeze",
     .file = "lpips-v0.1-squeeze.pth",
     .url = LPIPS "squeeze.pth",
     .size = 10811,
     .sha256 = "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76",
     .hash_source = HASH_COMPUTED,
     .purpose = "linear weights of LPIPS squeeze",
     FROM_LPIPS},
    {.name = "dists-weights",
     .file = "dists-weights.pt",
     .url = DISTS "weights.pt",
     .size = 12288,
     .sha256 = "f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218",
     .hash_source = HASH_COMPUTED,
     .purpose = "alpha and beta of DISTS",
     .source = "DISTS, by its authors",
     .licence = "MIT"},
};

const CatalogueGroup CATALOGUE_GROUPS[] = {
    {"lpips-alex", "LPIPS as it is usually reported", {"alexnet", "lpips-v0.1-alex"}},
    {"lpips-vgg", "LPIPS nearest to a loss", {"vgg16", "lpips-v0.1-vgg"}},
    {"lpips-squeeze", "the smallest LPIPS", {"squeezenet1_1", "lpips-v0.1-squeeze"}},
    {"lpips",
     "all three",
     {"alexnet", "lpips-v0.1-alex", "vgg16", "lpips-v0.1-vgg", "squeezenet1_1",
      "lpips-v0.1-squeeze"}},
    {"dists", "DISTS", {"vgg16", "dists-weights"}},
    {"perceptual", "the losses perceptual and features of train", {"vgg19"}},
    {"all",
     "everything",
     {"vgg19", "vgg16", "alexnet", "squeezenet1_1", "lpips-v0.1-alex", "lpips-v0.1-vgg",
      "lpips-v0.1-squeeze", "dists-weights"}},
    {0}};

const CatalogueEntry *catalogue_find(const char *name)
{
    for (int i = 0; i < CATALOGUE_COUNT; i++)
        if (strcmp(CATALOGUE[i].name, name) == 0)
            return &CATALOGUE[i];
    return NULL;
}

const CatalogueGroup *catalogue_find_group(const char *name)
{
    for (const CatalogueGroup *g = CATALOGUE_GROUPS; g->name; g++)
        if (strcmp(g->name, name) == 0)
            return g;
    return NULL;
}

/* An environment variable, NULL if it is not set or empty. */
static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

char *weights_cache_folder(void)
{
    const char *own = setting("UNMUSH_CACHE"), *caches = setting("XDG_CACHE_HOME");
    const char *home = setting("HOME");
    if (own)
        return memory_copy_string(own);
    if (caches && *caches == '/') /* others are to be ignored, its specification says */
        return file_join(caches, "unmush/weights");
    if (home)
        return file_join(home, ".cache/unmush/weights");
    error_set(ERROR_CONFIG, "no folder for weights: neither UNMUSH_CACHE nor HOME is set");
    return NULL;
}

char *weights_folder(const char *named)
{
    return strcmp(named, "cache") == 0 ? weights_cache_folder() : memory_copy_string(named);
}

char *weights_file(const char *named)
{
    const CatalogueEntry *entry = catalogue_find(named);
    char *folder = entry ? weights_cache_folder() : NULL;
    char *path = !entry   ? memory_copy_string(named)
                 : folder ? file_join(folder, entry->file)
                          : NULL;
    free(folder);
    return path;
}

int weights_require(const char *named, const char *entry)
{
    char *path = weights_file(named);
    if (!path)
        return -1;
    int result = 0;
    if (!file_exists(path) && catalogue_find(named))
        result =
            error_set(ERROR_FILE, "%s is missing: `unmush weights fetch %s` gets it", path, named);
    else if (!file_exists(path))
        result = error_set(ERROR_FILE,
                           "%s is missing: `unmush weights fetch %s` gets such a file, which is "
                           "then called \"%s\"",
                           path, entry, entry);
    free(path);
    return result;
}
