#include "tests/data/steps.h"

#include "data/degrade/recipe.h"
#include "tests/unit.h"

void step_apply(const char *step, Workspace *work, Picture *picture)
{
    uint32_t position = 0;
    DrawnList drawn = {0};
    cJSON *array = cJSON_CreateArray(), *item = cJSON_Parse(step);
    REQUIRE(item != NULL);
    cJSON_AddItemToArray(array, item);
    Step *group = recipe_parse(array, "steps", &position);
    cJSON_Delete(array);
    CHECK_NO_ERROR();
    REQUIRE(group != NULL);
    recipe_draw(group, 1, &drawn);
    Situation situation = {1, picture->width, picture->height};
    CHECK(drawn.items[0].operation->apply(drawn_values(&drawn, 0), &situation, work, picture) == 0);
    drawn_free(&drawn);
    step_free(group);
}
