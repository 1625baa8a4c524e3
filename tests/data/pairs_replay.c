#include <stdio.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "data/degrade.h"
#include "data/pairs_options.h"
#include "tests/data/stores.h"
#include "tests/unit.h"

static int replay(char *path)
{
    PairsOptions options = {.replay = path, .index = "all"};
    log_quiet(true);
    return pairs_replay(&options, &(StringList){0});
}

/* The stored LR tiles are no reduction of the HR ones. */
TEST(tiles_that_differ_are_counted_and_changed_libraries_named)
{
    char *path = memory_copy_string(unit_scratch("differs.h5"));
    Degradation *bicubic = degradation_open("bicubic");
    StoreSpec spec = {.count = 3, .width = 32, .height = 16, .scale = 2};
    spec.recipe = degradation_recipe(bicubic);
    spec.sample = "{\"drawn\":{\"steps\":[{\"resize\":{\"of\":\"lr\"}}]}}";
    store_make(path, &spec);
    CHECK(replay(path) == -1);
    CHECK(strstr(error_message(), "; made with none, here is libjpeg-turbo ") != NULL);
    CHECK_ERROR(ERROR_FORMAT, "differs.h5: 3 of 3 tiles differ, the first is 0");
    spec.sample = "{\"x\":1}";
    store_make(path, &spec);
    CHECK(replay(path) == -1);
    CHECK_ERROR(ERROR_FORMAT, "] does not tell what was drawn");
    degradation_free(bicubic);
    free(path);
}
