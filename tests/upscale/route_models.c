/* The models of a table, and which of them a picture gets. */
#include "upscale/route/models.h"

#include <stdio.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "data/synth.h"
#include "tests/unit.h"
#include "upscale/route/table.h"

/* Opens x2 for names that begin with 2, and nothing for "missing". */
static Upscaler *open_made(void *context, const char *path)
{
    static const char TEXT[] = "{\"type\":\"srvgg\",\"features\":4,\"convs\":1}";
    int *opened = context;
    const char *name = file_name(path);
    if (strcmp(name, "missing") == 0) {
        error_set(ERROR_FILE, "%s: no such file", path);
        return NULL;
    }
    Model *model = calloc(1, sizeof *model);
    cJSON *object = json_parse(TEXT, strlen(TEXT), "test");
    REQUIRE(specification_parse(&model->specification, object, KIND_GENERATOR, *name == '2' ? 2 : 4,
                                "test") == 0);
    cJSON_Delete(object);
    model->graph = specification_build(&model->specification);
    REQUIRE(model->graph != NULL);
    model->weights = graph_initial_weights(model->graph, (uint64_t)*name);
    ++*opened;
    return upscaler_take(model, PRECISION_FP32, 64);
}

static RouteModels *models_of(const char *table, int *opened)
{
    const char *folder = unit_scratch("route-models");
    REQUIRE(file_make_directories(folder) == 0);
    char *path = file_join(folder, ROUTE_TABLE_NAME);
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL);
    fputs(table, file);
    fclose(file);
    free(path);
    *opened = 0;
    return route_open(folder, open_made, opened);
}

/* A screenshot, with a photograph in it where `mixed`. */
static Image screen(bool mixed)
{
    Image image = synth_picture_of(SYNTH_SCREENSHOT, 77, 1, 480, 384);
    Image photo = synth_picture(7, 3, 256, 224);
    for (int y = 0; y < photo.height && mixed; y++)
        memcpy(image.rgb + 3 * (size_t)((96 + y) * 480 + 160), photo.rgb + 3 * (size_t)y * 256,
               3 * 256);
    image_free(&photo);
    return image;
}

TEST(each_model_of_a_table_is_opened_once)
{
    int opened;
    RouteModels *m = models_of("{\"photo\":{\"model\":\"4a\"},\"text\":{\"model\":\"4b\"},"
                               "\"texture\":{\"model\":\"4a\"},\"damaged\":{\"model\":\"4b\"}}",
                               &opened);
    CHECK(m && opened == 2 && route_common_scale(m) == 4);
    route_free(m);
}

TEST(a_model_that_does_not_open_is_told_with_table_and_row)
{
    int opened;
    CHECK(models_of("{\"photo\":{\"model\":\"4a\"},\"text\":{\"model\":\"missing\"}}", &opened) ==
          NULL);
    CHECK_ERROR(ERROR_FILE, "models.json: text: ");
}

TEST(a_picture_gets_the_model_and_the_scale_of_its_class)
{
    int opened;
    RouteModels *m = models_of("{\"photo\":{\"model\":\"4a\"},\"text\":{\"model\":\"2b\"},"
                               "\"damaged\":{\"model\":\"4a\",\"scale\":3}}",
                               &opened);
    Image image = screen(false);
    RouteChoice choice;
    REQUIRE(m != NULL);
    CHECK(route_common_scale(m) == 0);
    route_choose(m, &image, &choice);
    CHECK(choice.verdict.class == ROUTE_TEXT && upscaler_scale(choice.upscaler) == 2);
    CHECK(choice.factor == 0 && !choice.owned && choice.plain == choice.upscaler);
    CHECK(strstr(choice.text, "text: 2b, 2 times") != NULL);
    route_choice_free(&choice);
    for (int i = 0; i < image.width * image.height * 3; i++)
        image.rgb[i] = (uint8_t)(image.rgb[i] / 2 + ((unsigned)i * 7919u >> 4) % 61);
    route_choose(m, &image, &choice);
    CHECK(choice.verdict.class == ROUTE_DAMAGED && upscaler_scale(choice.upscaler) == 4);
    CHECK(choice.factor == 3);
    route_choice_free(&choice);
    image_free(&image);
    route_free(m);
}

TEST(parts_of_a_mixed_picture_get_their_models_and_one_of_them_takes_any_picture)
{
    int opened;
    RouteModels *m =
        models_of("{\"photo\":{\"model\":\"4a\"},\"text\":{\"model\":\"4b\"}}", &opened);
    Image image = screen(true), small = screen(false), result;
    RouteChoice choice;
    route_choose(m, &image, &choice);
    REQUIRE(choice.regions.mixed && choice.owned);
    CHECK(strstr(choice.text, "text: 4b, 4 times; and ") && strstr(choice.text, ": 4a, 4 times"));
    small.width = small.height = 20;
    CHECK(upscaler_run(choice.plain, &small, &result) == 0 && result.width == 80);
    image_free(&result);
    char *text = route_explain(m, "name.png", &image);
    CHECK(strstr(text, "name.png\n") == text && strstr(text, "model: 4a, 4 times") &&
          strstr(text, "model: 4b, 4 times"));
    free(text);
    route_choice_free(&choice);
    image_free(&image);
    image_free(&small);
    route_free(m);
}

TEST(parts_whose_models_differ_in_scale_are_enlarged_by_the_larger_parts)
{
    int opened;
    RouteModels *m =
        models_of("{\"photo\":{\"model\":\"4a\"},\"text\":{\"model\":\"2b\"}}", &opened);
    Image image = screen(true);
    RouteChoice choice;
    route_choose(m, &image, &choice);
    CHECK(choice.regions.mixed && !choice.owned && upscaler_scale(choice.upscaler) == 2);
    CHECK(strstr(choice.text, "all of it by 2b, 2 times, as their models' scales differ") != NULL);
    route_choice_free(&choice);
    char *text = route_explain(m, "name.png", &image);
    CHECK(strstr(text, "scales differ: the larger part's model takes all of it") != NULL);
    free(text);
    image_free(&image);
    route_free(m);
}
