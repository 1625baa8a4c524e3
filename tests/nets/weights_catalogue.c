#include "nets/weights_catalogue.h"

#include <stdio.h>

#include "core/download.h"
#include "core/error.h"
#include "core/file.h"
#include "nets/features.h"
#include "nets/lpips.h"
#include "nets/weights.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

/* Takes the strings and compares them. */
static bool same_and_freed(char *text, const char *expected)
{
    bool same = text && strcmp(text, expected) == 0;
    free(text);
    return same;
}

TEST(the_cache_is_where_the_environment_says)
{
    char *home = strdup(getenv("HOME") ? getenv("HOME") : "/");
    setenv("UNMUSH_CACHE", "/own", 1);
    setenv("XDG_CACHE_HOME", "/caches", 1);
    setenv("HOME", "/home/me", 1);
    CHECK(same_and_freed(weights_cache_folder(), "/own"));
    setenv("UNMUSH_CACHE", "", 1);
    CHECK(same_and_freed(weights_cache_folder(), "/caches/unmush/weights"));
    setenv("XDG_CACHE_HOME", "not/absolute", 1);
    CHECK(same_and_freed(weights_cache_folder(), "/home/me/.cache/unmush/weights"));
    unsetenv("HOME");
    CHECK(weights_cache_folder() == NULL);
    CHECK_ERROR(ERROR_CONFIG, "UNMUSH_CACHE");
    CHECK(weights_file("vgg19") == NULL && weights_folder("cache") == NULL);
    CHECK_ERROR(ERROR_CONFIG, "UNMUSH_CACHE");
    setenv("HOME", home, 1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("UNMUSH_CACHE");
    free(home);
}

TEST(names_of_the_catalogue_stand_for_files_in_the_cache)
{
    setenv("UNMUSH_CACHE", "/own", 1);
    CHECK(same_and_freed(weights_file("vgg19"), "/own/vgg19-dcbb9e9d.pth"));
    CHECK(same_and_freed(weights_file("./vgg19"), "./vgg19"));
    CHECK(same_and_freed(weights_file("a/b.pth"), "a/b.pth"));
    CHECK(same_and_freed(weights_folder("cache"), "/own"));
    CHECK(same_and_freed(weights_folder("./cache"), "./cache"));
    unsetenv("UNMUSH_CACHE");
}

TEST(missing_weights_name_the_command_that_gets_them)
{
    setenv("UNMUSH_CACHE", "/no/such", 1);
    CHECK(weights_require("vgg16", "vgg19") == -1);
    CHECK_ERROR(ERROR_FILE,
                "/no/such/vgg16-397923af.pth is missing: `unmush weights fetch vgg16` gets it");
    CHECK(weights_require("elsewhere.pth", "vgg19") == -1);
    CHECK_ERROR(ERROR_FILE, "elsewhere.pth is missing: `unmush weights fetch vgg19`");
    unsetenv("UNMUSH_CACHE");
    const char *path = unit_scratch("some.pth");
    CHECK(file_write_whole(path, "x", 1) == 0);
    CHECK(weights_require(path, "vgg19") == 0);
    CHECK_NO_ERROR();
}

static bool is_hash(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

TEST(every_entry_has_an_https_address_and_a_hash_that_fits_its_name)
{
    for (int i = 0; i < CATALOGUE_COUNT; i++) {
        const CatalogueEntry *e = &CATALOGUE[i];
        char digits[9];
        CHECK(strncmp(e->url, "https://", 8) == 0 && e->size > 0 && is_hash(e->sha256));
        CHECK(catalogue_find(e->name) == e && !catalogue_find_group(e->name));
        if (e->hash_source != HASH_RECORDED)
            continue;
        snprintf(digits, sizeof digits, "%.8s", e->sha256);
        CHECK(strstr(e->file, digits) && strstr(e->url, digits)); /* name-HASH.pth */
    }
}

TEST(every_group_names_entries_and_all_names_all)
{
    for (const CatalogueGroup *g = CATALOGUE_GROUPS; g->name; g++) {
        int count = 0;
        for (; g->members[count]; count++)
            CHECK(catalogue_find(g->members[count]) != NULL);
        CHECK(count > 0);
        if (strcmp(g->name, "all") == 0)
            CHECK(count == CATALOGUE_COUNT);
    }
}

TEST(the_published_linear_weights_have_the_size_and_hash_of_the_catalogue)
{
    if (!unit_shared("weights/lpips-v0.1-alex.pth")) {
        unit_skip("needs the shared weights");
        return;
    }
    const char *const NAMES[] = {"lpips-v0.1-alex", "lpips-v0.1-vgg", "lpips-v0.1-squeeze"};
    for (int i = 0; i < 3; i++) {
        const CatalogueEntry *e = catalogue_find(NAMES[i]);
        char path[64];
        snprintf(path, sizeof path, "weights/%s", e->file);
        Download d = {e->url, unit_shared(path), e->size, e->sha256, false, 1};
        CHECK(download_state(&d) == DOWNLOAD_WHOLE);
    }
    CHECK_NO_ERROR();
}

/* Linear weights that are all 1, under LPIPS's keys. */
static Weights *plain_linear(const Graph *graph)
{
    Weights *linear = weights_new();
    for (int i = 0; i < graph->tap_count; i++) {
        char key[32];
        const int64_t shape[] = {1, graph->taps[i]->channels, 1, 1};
        snprintf(key, sizeof key, "lin%d.model.1.weight", i);
        Weight *w = weights_add(linear, key, 4, shape);
        for (int64_t k = 0; k < w->count; k++)
            w->values[k] = 1;
    }
    return linear;
}

/* Writes and frees. */
static void write_weights(const char *folder, const char *name, Weights *weights)
{
    char *path = file_join(folder, name);
    CHECK(weights_write(path, weights) == 0);
    free(path);
    weights_free(weights);
}

TEST(lpips_opens_what_lies_in_the_cache)
{
    const char *folder = unit_scratch("catalogue-cache");
    setenv("UNMUSH_CACHE", folder, 1);
    Lpips *lpips;
    CHECK(lpips_open("cache", LPIPS_SQUEEZE, PRECISION_FP32, &lpips) == 0 && !lpips);
    CHECK_NO_ERROR();
    CHECK(lpips_missing("cache", LPIPS_SQUEEZE) == -1);
    CHECK_ERROR(ERROR_FILE, "catalogue-cache: LPIPS squeeze lacks squeezenet1_1*.pth and "
                            "lpips-v0.1-squeeze.pth: `unmush weights fetch lpips-squeeze`");
    Graph *graph = lpips_squeezenet_graph();
    CHECK(file_make_directories(folder) == 0);
    write_weights(folder, "squeezenet1_1-b8a52dc0.safetensors", formula_weights(graph));
    CHECK(lpips_missing("cache", LPIPS_SQUEEZE) == -1);
    CHECK_ERROR(ERROR_FILE, "LPIPS squeeze lacks lpips-v0.1-squeeze.pth: ");
    write_weights(folder, "lpips-v0.1-squeeze.safetensors", plain_linear(graph));
    CHECK(lpips_open("cache", LPIPS_SQUEEZE, PRECISION_FP32, &lpips) == 0 && lpips);
    CHECK_NO_ERROR();
    lpips_free(lpips);
    graph_free(graph);
    unsetenv("UNMUSH_CACHE");
}
