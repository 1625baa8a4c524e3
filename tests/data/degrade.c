/* Recipes: what they refuse, what they draw, that it can be done again. */
#include "data/degrade.h"
#include "core/error.h"
#include "core/json.h"
#include "tests/unit.h"

/* A picture with structure: two waves and a corner. */
static Picture example_picture(Workspace *work, int width, int height)
{
    Picture p = picture_take(work, width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                p.planes[c][y * width + x] =
                    (float)((x * (3 + c) + y * 5) % 256) * (x > width / 2 && y > 5 ? 1.0f : 0.5f);
    return p;
}

static bool same_picture(const Picture *a, const Picture *b)
{
    bool same = a->width == b->width && a->height == b->height;
    for (int c = 0; same && c < 3; c++)
        same = memcmp(a->planes[c], b->planes[c], picture_pixels(a) * sizeof(float)) == 0;
    return same;
}

TEST(bicubic_degradation_keeps_a_constant)
{
    Degradation *bicubic = degradation_open("bicubic");
    REQUIRE(bicubic != NULL);
    CHECK(strcmp(degradation_name(bicubic), "bicubic") == 0);
    CHECK(!degradation_changes_target(bicubic));
    Image hr = image_new(12, 8), lr = {0};
    memset(hr.rgb, 77, 12 * 8 * 3);
    REQUIRE(degradation_apply(bicubic, &hr, 4, 1, &lr) == 0);
    CHECK(lr.width == 3 && lr.height == 2);
    for (int i = 0; i < 3 * 2 * 3; i++)
        CHECK(lr.rgb[i] == 77);
    image_free(&lr);
    image_free(&hr);
    degradation_free(bicubic);
}

TEST(degradations_refuse_unknown_names_and_extents_that_do_not_fit)
{
    CHECK(degradation_open("bicubik") == NULL);
    CHECK(strstr(error_message(), "\"bicubik\" is not known; known: bicubic, ") != NULL);
    CHECK(error_pending() == ERROR_CONFIG);
    error_clear();
    CHECK(degradation_open("no/such.json") == NULL);
    CHECK(error_pending() == ERROR_FILE);
    error_clear();
    Degradation *bicubic = degradation_open("bicubic");
    Image hr = image_new(10, 8), lr = {0};
    CHECK(degradation_apply(bicubic, &hr, 4, 1, &lr) == -1);
    CHECK_ERROR(ERROR_SHAPE, "10x8 pixels are not a multiple of scale 4");
    image_free(&hr);
    degradation_free(bicubic);
}

TEST(broken_recipes_are_refused_with_their_place)
{
    static const struct {
        const char *text, *message;
    } CASES[] = {
        {"[]", "r: a recipe is an object with \"steps\""},
        {"{}", "r: steps: missing"},
        {"{\"steps\":[]}", "r: steps: expected an array of steps"},
        {"{\"steps\":{}}", "r: steps: expected an array of steps"},
        {"{\"step\":[]}", "r: unknown key \"step\"; a recipe has name, about, target and steps"},
        {"{\"name\":3,\"steps\":[]}", "r: name: expected text"},
        {"{\"steps\":[3]}", "r: steps[0]: expected {\"operation\": {parameters}}"},
        {"{\"steps\":[{}]}", "r: steps[0]: expected {\"operation\": {parameters}}"},
        {"{\"steps\":[{\"jpg\":{}}]}",
         "r: steps[0]: there is no operation \"jpg\", did you mean \"jpeg\"?"},
        {"{\"steps\":[{\"jpeg\":7}]}", "r: steps[0].jpeg: expected an object of parameters"},
        {"{\"steps\":[{\"jpeg\":{},\"webp\":{}}]}",
         "r: steps[0]: one operation a step, here are \"jpeg\" and \"webp\""},
        {"{\"steps\":[{\"jpeg\":{\"qualty\":7}}]}",
         "r: steps[0].jpeg: unknown key \"qualty\", did you mean \"quality\"?"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":101}}]}",
         "r: steps[0].jpeg.quality: 101 is more than 100"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":0}}]}", "r: steps[0].jpeg.quality: 0 is less than 1"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":50.5}}]}",
         "r: steps[0].jpeg.quality: 50.5 is not a whole number"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":[60,50]}}]}",
         "r: steps[0].jpeg.quality: 60 is more than 50"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":[60]}}]}",
         "r: steps[0].jpeg.quality: a range is [low, high]"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":{\"mix\":[[0,5]]}}}]}",
         "r: steps[0].jpeg.quality: a weight of 0 is not above 0"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":{\"mix\":[5]}}}]}",
         "r: steps[0].jpeg.quality: mix is [[weight, values], ...]"},
        {"{\"steps\":[{\"resize\":{\"factor\":{\"log\":[0,1]}}}]}",
         "r: steps[0].resize.factor: 0 is less than 0.01"},
        {"{\"steps\":[{\"jpeg\":{\"chroma\":\"411\"}}]}",
         "r: steps[0].jpeg.chroma: \"411\" is none of 420|422|444"},
        {"{\"steps\":[{\"jpeg\":{\"chroma\":{\"420\":-1}}}]}",
         "r: steps[0].jpeg.chroma: a weight of -1 is not a positive number"},
        {"{\"steps\":[{\"jpeg\":{\"chroma\":[]}}]}",
         "r: steps[0].jpeg.chroma: nothing to choose from"},
        {"{\"steps\":[{\"jpeg\":{\"chroma\":420}}]}",
         "r: steps[0].jpeg.chroma: expected one or more of 420|422|444"},
        {"{\"steps\":[{\"maybe\":1.5,\"do\":[{\"jpeg\":{}}]}]}",
         "r: steps[0].maybe: expected a probability from 0 to 1"},
        {"{\"steps\":[{\"maybe\":0.5}]}", "r: steps[0].do: missing"},
        {"{\"steps\":[{\"maybe\":0.5,\"do\":[{\"jpeg\":{}}],\"else\":[]}]}",
         "r: steps[0]: unknown key \"else\" beside \"maybe\""},
        {"{\"steps\":[{\"choose\":[]}]}", "r: steps[0].choose: expected an array of branches"},
        {"{\"steps\":[{\"choose\":[{\"weight\":0,\"do\":[]}]}]}",
         "r: steps[0].choose[0].weight: expected a number above 0"},
        {"{\"steps\":[{\"jpeg\":{}},{\"choose\":[{\"do\":[{\"webp\":{\"quality\":-3}}]}]}]}",
         "r: steps[1].choose[0].do[0].webp.quality: -3 is less than 0"},
        {"{\"steps\":[{\"shuffle\":7}]}", "r: steps[0].shuffle: expected an array of steps"},
        {"{\"steps\":[{\"repeat\":9,\"do\":[{\"jpeg\":{}}]}]}",
         "r: steps[0].repeat: 9 is more than 8"},
        {"{\"steps\":[{\"mayb\":0.5,\"do\":[{\"jpeg\":{}}]}]}",
         "r: steps[0]: there is no operation \"mayb\", did you mean \"maybe\"?"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":{\"log\":{\"a\":30,\"b\":40}}}}]}",
         "r: steps[0].jpeg.quality: a range is [low, high]"},
        {"{\"steps\":[{\"jpeg\":{\"quality\":{\"mix\":[{\"a\":1,\"b\":40}]}}}]}",
         "r: steps[0].jpeg.quality: mix is [[weight, values], ...]"},
        {"{\"steps\":[{\"noise\":{\"seed\":4}}]}",
         "r: steps[0].noise.seed: is always drawn, a recipe cannot set it"},
        {"{\"steps\":[{\"repeat\":8,\"do\":[{\"repeat\":8,\"do\":[{\"repeat\":8,\"do\":[{\"jpeg\":{"
         "}"
         "}]}]}]}]}",
         "r: steps: may take 586 steps, more than 511"},
        {"{\"steps\":[[[[[[[[[{\"jpeg\":{}}]]]]]]]]]}", "more than 8 deep"},
        {"{\"steps\":[{\"jpeg\":{}}],\"target\":[{\"resize\":{}}]}",
         "r: target: \"resize\" would change its extents"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CHECK(degradation_parse(CASES[i].text, "r") == NULL);
        CHECK(error_pending() == ERROR_CONFIG);
        if (!strstr(error_message(), CASES[i].message))
            printf("%s: %s\n", CASES[i].text, error_message());
        CHECK(strstr(error_message(), CASES[i].message) != NULL);
        error_clear();
    }
}

/* Every kind of step and distribution. */
static const char ALL_KINDS[] =
    "{\"name\":\"all\",\"steps\":["
    "{\"maybe\":0.5,\"do\":[{\"jpeg\":{\"quality\":[30,95],\"chroma\":{\"420\":3,\"444\":1}}}]},"
    "{\"choose\":[{\"weight\":2,\"do\":[]},{\"weight\":1,\"do\":[{\"webp\":{\"quality\":[20,90]}}]}"
    "]},"
    "{\"shuffle\":[{\"resize\":{\"factor\":{\"mix\":[[1,[0.4,1]],[2,{\"mix\":[[0.3,{\"log\":[1,1.5]"
    "}],[1.4,0.7]]}],[0.1,1]]}}},"
    "[{\"jpeg\":{}},{\"resize\":{\"factor\":0.61803398875}}],{\"jpeg\":{\"quality\":[50,60]}}]},"
    "{\"repeat\":[0,3],\"do\":[{\"jpeg\":{\"quality\":[70,100]}}]}]}";

TEST(drawn_text_replays_bit_for_bit_whatever_was_made_before)
{
    Degradation *all = degradation_parse(ALL_KINDS, "all");
    REQUIRE(all != NULL);
    Workspace *work = workspace_new();
    Picture hr = example_picture(work, 36, 28);
    Degrader *one = degrader_new(all, 4), *other = degrader_new(all, 4);
    for (uint64_t k = 0; k < 200; k++) {
        DegradedPair pair, again;
        Picture lr;
        REQUIRE(degrader_run(one, &hr, degradation_key(5, k, 2), 8, &pair) == 0);
        CHECK(pair.lr.width == 9 && pair.lr.height == 7);
        CHECK(strlen(pair.drawn) < degradation_most_text(all));
        REQUIRE(degrader_replay(other, &pair.hr, pair.drawn, 8, &lr) == 0);
        CHECK(same_picture(&pair.lr, &lr));
        char *text = strdup(pair.drawn);
        REQUIRE(degrader_run(other, &hr, degradation_key(5, k, 2), 8, &again) == 0);
        CHECK(strcmp(again.drawn, text) == 0 && same_picture(&pair.lr, &again.lr));
        free(text);
    }
    degrader_free(one);
    degrader_free(other);
    workspace_free(work);
    degradation_free(all);
}

TEST(a_resolved_recipe_draws_what_the_original_draws)
{
    Degradation *all = degradation_parse(ALL_KINDS, "all");
    REQUIRE(all != NULL);
    Degradation *resolved = degradation_parse(degradation_recipe(all), "resolved");
    REQUIRE(resolved != NULL);
    CHECK(strcmp(degradation_recipe(all), degradation_recipe(resolved)) == 0);
    Workspace *work = workspace_new();
    Picture hr = example_picture(work, 16, 16);
    Degrader *one = degrader_new(all, 2), *other = degrader_new(resolved, 2);
    for (uint64_t k = 0; k < 100; k++) {
        DegradedPair a, b;
        REQUIRE(degrader_run(one, &hr, k, 8, &a) == 0 && degrader_run(other, &hr, k, 8, &b) == 0);
        CHECK(strcmp(a.drawn, b.drawn) == 0);
    }
    degrader_free(one);
    degrader_free(other);
    workspace_free(work);
    degradation_free(resolved);
    degradation_free(all);
}

/* The qualities drawn by a recipe of two JPEGs, the second with the given range. */
static void draw_qualities(const char *recipe, uint64_t key, int qualities[2])
{
    Degradation *d = degradation_parse(recipe, "two");
    REQUIRE(d != NULL);
    Workspace *work = workspace_new();
    Picture hr = example_picture(work, 8, 8);
    Degrader *degrader = degrader_new(d, 1);
    DegradedPair pair;
    REQUIRE(degrader_run(degrader, &hr, key, 8, &pair) == 0);
    CHECK(sscanf(pair.drawn,
                 "{\"steps\":[{\"jpeg\":{\"quality\":%d,\"chroma\":\"420\"}},"
                 "{\"jpeg\":{\"quality\":%d",
                 &qualities[0], &qualities[1]) == 2);
    degrader_free(degrader);
    workspace_free(work);
    degradation_free(d);
}

/* cJSON prints it and reads it back, as every reader of a store does. */
TEST(drawn_values_are_exact_in_their_text)
{
    static const char RECIPE[] =
        "{\"steps\":[{\"blur\":{\"kind\":\"aniso\",\"sigma\":[0.2,3],\"angle\":[-180,180]}},"
        "{\"noise\":{\"sigma\":{\"log\":[0.0001,30]}}},{\"resize\":{\"factor\":0.333333333333}}]}";
    Degradation *d = degradation_parse(RECIPE, "exact");
    REQUIRE(d != NULL);
    Workspace *work = workspace_new();
    Picture hr = example_picture(work, 4, 4);
    Degrader *degrader = degrader_new(d, 1);
    for (uint64_t k = 0; k < 2000; k++) {
        DegradedPair pair;
        REQUIRE(degrader_run(degrader, &hr, k, 8, &pair) == 0);
        cJSON *root = cJSON_Parse(pair.drawn);
        char *again = cJSON_PrintUnformatted(root);
        CHECK(strcmp(again, pair.drawn) == 0);
        const cJSON *blur =
            cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(root, "steps"), 0), "blur");
        double sigma = cJSON_GetObjectItem(blur, "sigma")->valuedouble;
        double angle = cJSON_GetObjectItem(blur, "angle")->valuedouble;
        CHECK(sigma >= 0.2 && sigma <= 3 && sigma == round(sigma * 1e4) / 1e4);
        CHECK(angle >= -180 && angle <= 180 && angle == round(angle * 1e4) / 1e4);
        free(again);
        cJSON_Delete(root);
    }
    degrader_free(degrader);
    workspace_free(work);
    degradation_free(d);
}

/* Where four decimals are too few to end at the range's own ends. */
TEST(ranges_hold_their_ends_after_rounding)
{
    static const char RECIPE[] = "{\"steps\":[{\"noise\":{\"sigma\":[1.00004,1.00026]}},{\"noise\":"
                                 "{\"sigma\":[2.00001,2.00002]}}]}";
    Degradation *d = degradation_parse(RECIPE, "narrow");
    REQUIRE(d != NULL);
    Workspace *work = workspace_new();
    Picture hr = example_picture(work, 2, 2);
    Degrader *degrader = degrader_new(d, 1);
    int first = 0, second = 0;
    for (uint64_t k = 0; k < 300; k++) {
        DegradedPair pair;
        REQUIRE(degrader_run(degrader, &hr, k, 8, &pair) == 0);
        first += strstr(pair.drawn, "\"sigma\":1.0001,") != NULL;
        second += strstr(pair.drawn, "\"sigma\":1.0002,") != NULL;
        CHECK(strstr(pair.drawn, "\"sigma\":2.00001,") != NULL);
    }
    CHECK(first > 100 && second > 100 && first + second == 300);
    degrader_free(degrader);
    workspace_free(work);
    degradation_free(d);
}

TEST(a_change_of_one_operation_leaves_the_draws_of_the_others)
{
    int a[2], b[2];
    draw_qualities(
        "{\"steps\":[{\"jpeg\":{\"quality\":[1,100]}},{\"jpeg\":{\"quality\":[1,100]}}]}", 99, a);
    draw_qualities("{\"steps\":[{\"jpeg\":{\"quality\":7}},{\"jpeg\":{\"quality\":[1,100]}}]}", 99,
                   b);
    CHECK(b[0] == 7 && a[1] == b[1]);
    CHECK(a[0] != a[1]);
}

TEST(foreign_drawn_texts_are_refused)
{
    static const char *const TEXTS[] = {
        "",
        "[]",
        "{}",
        "{\"steps\":3}",
        "{\"steps\":[3]}",
        "{\"steps\":[{}]}",

        "{\"steps\":[{\"video\":{\"kind\":\"intra\"}}]}",
        "{\"steps\":[{\"jpeg\":{\"quality\":800,\"chroma\":\"420\"}}]}",
        "{\"steps\":[{\"jpeg\":{\"quality\":8.5,\"chroma\":\"420\"}}]}",
        "{\"steps\":[{\"jpeg\":{\"quality\":80,\"chroma\":\"420\",\"more\":1}}]}",
        "{\"steps\":[{\"sharpness\":{}}]}",
        "{\"steps\":[{\"jpeg\":{\"quality\":80,\"chroma\":\"420\"}}]}", /* LR is not reached */
    };
    Degradation *bicubic = degradation_open("bicubic");
    Workspace *work = workspace_new();
    Picture hr = example_picture(work, 8, 8), lr;
    Degrader *degrader = degrader_new(bicubic, 2);
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        CHECK(degrader_replay(degrader, &hr, TEXTS[i], 8, &lr) == -1);
        CHECK(error_pending() == ERROR_FORMAT);
        error_clear();
    }
    degrader_free(degrader);
    workspace_free(work);
    degradation_free(bicubic);
}

TEST(sixteen_bits_survive_degradation)
{
    Degradation *bicubic = degradation_open("bicubic");
    Workspace *work = workspace_new();
    Picture hr = picture_take(work, 8, 8);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 64; i++)
            hr.planes[c][i] = 1000 / 257.0f;
    Degrader *degrader = degrader_new(bicubic, 2);
    DegradedPair pair;
    uint16_t words[48];
    REQUIRE(degrader_run(degrader, &hr, 0, 16, &pair) == 0);
    picture_to_words(&pair.lr, words);
    CHECK(words[0] == 1000 && words[47] == 1000);
    REQUIRE(degrader_run(degrader, &hr, 0, 8, &pair) == 0);
    picture_to_words(&pair.lr, words);
    CHECK(words[0] == 4 * 257);
    degrader_free(degrader);
    workspace_free(work);
    degradation_free(bicubic);
}
