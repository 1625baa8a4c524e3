/* Screenshots with photographs in them: which part is which, and that each gets its own model. */
#include "upscale/route/regions.h"

#include "core/error.h"
#include "core/json.h"
#include "data/synth.h"
#include "tests/unit.h"
#include "upscale/upscaler.h"

enum { WIDTH = 640, HEIGHT = 480, LEFT = 256, TOP = 160, INNER_WIDTH = 288, INNER_HEIGHT = 224 };

static void paste(const Image *from, const Image *to, int x, int y)
{
    for (int row = 0; row < from->height; row++)
        memcpy(to->rgb + 3 * ((size_t)(y + row) * (size_t)to->width + (size_t)x),
               from->rgb + 3 * (size_t)row * (size_t)from->width, 3 * (size_t)from->width);
}

/* Index 3 of seed 7 is a picture without noise of its own. */
static Image composed(uint32_t index)
{
    Image screen = synth_picture_of(SYNTH_SCREENSHOT, 77, index, WIDTH, HEIGHT);
    Image photo = synth_picture(7, 3, INNER_WIDTH, INNER_HEIGHT);
    paste(&photo, &screen, LEFT, TOP);
    image_free(&photo);
    return screen;
}

TEST(a_photograph_in_a_screenshot_is_found_where_it_lies)
{
    for (uint32_t index = 0; index < 4; index++) {
        Image image = composed(index);
        RouteRegions r = route_regions(&image);
        REQUIRE(r.mixed);
        CHECK(r.drawn.class == ROUTE_TEXT);
        CHECK(r.photographed.class != ROUTE_TEXT && r.photographed.class != ROUTE_LINE_ART);
        CHECK_NEAR(r.share, (double)INNER_WIDTH * INNER_HEIGHT / (WIDTH * HEIGHT), 0.06);
        int wrong = 0, slope = 0;
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                bool inside =
                    x >= LEFT && x < LEFT + INNER_WIDTH && y >= TOP && y < TOP + INNER_HEIGHT;
                int share = r.shares[y * WIDTH + x];
                wrong += (share > 127) != inside;
                slope += share > 0 && share < 255;
            }
        CHECK(wrong < WIDTH * HEIGHT / 25);
        CHECK(slope > 2 * (INNER_WIDTH + INNER_HEIGHT)); /* it has a border */
        route_regions_free(&r);
        image_free(&image);
    }
}

TEST(pictures_of_one_kind_are_not_mixed)
{
    static const SynthKind KINDS[] = {SYNTH_LEAVES, SYNTH_SCREENSHOT, SYNTH_DRAWING};
    for (int k = 0; k < 3; k++)
        for (uint32_t index = 0; index < 5; index++) {
            Image image = synth_picture_of(KINDS[k], 77, index, 420, 300);
            RouteRegions r = route_regions(&image);
            CHECK(!r.mixed);
            route_regions_free(&r);
            image_free(&image);
        }
}

TEST(regions_of_tiny_pictures_are_none)
{
    for (int extent = 1; extent < 70; extent += 17) {
        Image image = image_new(extent, 70 - extent);
        RouteRegions r = route_regions(&image);
        CHECK(!r.mixed && r.shares == NULL);
        route_regions_free(&r);
        image_free(&image);
    }
}

/* A network with initial weights, which differ with the seed. */
static Model *untrained(const char *text, int scale, uint64_t seed)
{
    Model *model = calloc(1, sizeof *model);
    cJSON *object = json_parse(text, strlen(text), "test");
    REQUIRE(specification_parse(&model->specification, object, KIND_GENERATOR, scale, "test") == 0);
    cJSON_Delete(object);
    model->graph = specification_build(&model->specification);
    REQUIRE(model->graph != NULL);
    model->weights = graph_initial_weights(model->graph, seed);
    return model;
}

#define SMALL "{\"type\":\"srvgg\",\"features\":8,\"convs\":2}"
#define OTHER "{\"type\":\"srvgg\",\"features\":4,\"convs\":5}"

enum { MIXED_WIDTH = 150, MIXED_HEIGHT = 90, EDGE = 70 };

/* 0 left of EDGE, then a slope of 17 pixels, then 255. */
static uint8_t *slope_map(void)
{
    uint8_t *shares = malloc(MIXED_WIDTH * MIXED_HEIGHT);
    for (int i = 0; i < MIXED_WIDTH * MIXED_HEIGHT; i++) {
        int x = i % MIXED_WIDTH - EDGE;
        shares[i] = (uint8_t)(x < 0 ? 0 : x > 16 ? 255 : 15 * x);
    }
    return shares;
}

static int between(int v, int a, int b)
{
    return v >= (a < b ? a : b) - 1 && v <= (a < b ? b : a) + 1;
}

TEST(a_mixture_is_each_models_own_output_away_from_the_border)
{
    Model *models[2] = {untrained(SMALL, 2, 1), untrained(OTHER, 2, 9)};
    Image lr = synth_picture(7, 3, MIXED_WIDTH, MIXED_HEIGHT), sr[3];
    uint8_t *shares = slope_map();
    Upscaler *u[3] = {upscaler_new(models[0], PRECISION_FP32, 32),
                      upscaler_new(models[1], PRECISION_FP32, 32), NULL};
    REQUIRE(u[0] && u[1] && upscaler_can_mix(u[0], u[1]));
    u[2] = upscaler_mix(u[0], u[1], shares, MIXED_WIDTH, MIXED_HEIGHT);
    for (int i = 0; i < 3; i++)
        REQUIRE(upscaler_run(u[i], &lr, &sr[i]) == 0);
    int wrong = 0, differing = 0;
    for (int i = 0; i < sr[2].width * sr[2].height * 3; i++) {
        int share = shares[i / 3 / sr[2].width / 2 * MIXED_WIDTH + i / 3 % sr[2].width / 2];
        int a = sr[0].rgb[i], b = sr[1].rgb[i], mixed = sr[2].rgb[i];
        wrong += share == 0     ? abs(mixed - a) > 1
                 : share == 255 ? abs(mixed - b) > 1
                                : !between(mixed, a, b);
        differing += abs(a - b) > 8;
    }
    CHECK(wrong == 0);
    CHECK(differing > 1000); /* the models' outputs do differ */
    for (int i = 0; i < 3; i++) {
        image_free(&sr[i]);
        upscaler_free(u[2 - i]);
    }
    model_free(models[0]);
    model_free(models[1]);
    image_free(&lr);
    free(shares);
}

TEST(models_of_different_scales_do_not_mix)
{
    Model *models[2] = {untrained(SMALL, 2, 1), untrained(SMALL, 4, 1)};
    Upscaler *u[2] = {upscaler_new(models[0], PRECISION_FP32, 0),
                      upscaler_new(models[1], PRECISION_FP32, 0)};
    CHECK(!upscaler_can_mix(u[0], u[1]));
    for (int i = 0; i < 2; i++) {
        upscaler_free(u[i]);
        model_free(models[i]);
    }
}

TEST(a_mixture_takes_only_pictures_of_its_maps_extents)
{
    Model *models[2] = {untrained(SMALL, 2, 1), untrained(OTHER, 2, 9)};
    Image lr = synth_picture(7, 3, 20, 20), sr;
    uint8_t shares[4] = {0};
    Upscaler *u[2] = {upscaler_new(models[0], PRECISION_FP32, 0),
                      upscaler_new(models[1], PRECISION_FP32, 0)};
    Upscaler *mixture = upscaler_mix(u[0], u[1], shares, 2, 2);
    CHECK(upscaler_run(mixture, &lr, &sr) == -1);
    CHECK_ERROR(ERROR_SHAPE, "20x20 pixels, but the map of what is mixed has 2x2");
    upscaler_free(mixture);
    for (int i = 0; i < 2; i++) {
        upscaler_free(u[i]);
        model_free(models[i]);
    }
    image_free(&lr);
}
