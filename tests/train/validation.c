/* What validation measures, and the pictures that it shows. */
#include "train/validation.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "data/resample.h"
#include "eval/perceptual.h"
#include "nets/features.h"
#include "nets/lpips.h"
#include "nets/srvgg.h"
#include "tests/unit.h"

enum { SIZE = 64, SCALE = 2 };

/* A folder of two pictures that differ. */
static const char *make_pictures(void)
{
    static char folder[300];
    char path[400];
    snprintf(folder, sizeof folder, "%s", unit_scratch("validated"));
    REQUIRE(file_make_directories(folder) == 0);
    for (int k = 0; k < 2; k++) {
        Image image = image_new(SIZE, SIZE);
        for (int i = 0; i < SIZE * SIZE * 3; i++)
            image.rgb[i] = (uint8_t)((i / 3 % SIZE / 9 + i / (3 * SIZE) / (7 + k)) % 2 * 140 +
                                     i % 3 * 20 + 30);
        snprintf(path, sizeof path, "%s/%d.png", folder, k);
        REQUIRE(image_write(path, &image) == 0);
        image_free(&image);
    }
    return folder;
}

static Learner *new_learner(void)
{
    static SrvggConfig srvgg = {.features = 4, .convs = 1};
    static Specification specification = {&SRVGG, &srvgg, SCALE};
    Learner *learner = learner_new("generator", &specification, NULL, 1, PRECISION_FP32, true);
    REQUIRE(learner != NULL);
    return learner;
}

static double get(const cJSON *means, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(means, name));
}

static Config config_of(const char *weights)
{
    return (Config){.scale = SCALE,
                    .data.validation = {
                        .hr = (char *)make_pictures(), .weights = (char *)weights, .images = 2}};
}

TEST(validation_measures_shows_and_restores_its_pictures)
{
    Config config = config_of(NULL);
    const char *folder = unit_scratch("validation_run");
    Learner *learner = new_learner();
    Validation *validation = validation_open(&config, folder);
    REQUIRE(validation != NULL);
    cJSON *bicubic = validation_baseline(validation);
    REQUIRE(bicubic != NULL);
    CHECK(validation_strips(validation)->count == 0);
    cJSON *means = validation_run(validation, learner, 7);
    REQUIRE(means != NULL);
    CHECK(get(bicubic, "psnr_y") > get(means, "psnr_y"));
    CHECK(get(bicubic, "variance") > 0.5 && get(bicubic, "variance") < 1.1);
    CHECK(get(bicubic, "colour") < 2 && get(bicubic, "hallucination") < 1);
    CHECK(isnan(get(means, "lpips_alex")));

    const Strips *strips = validation_strips(validation);
    REQUIRE(strips->count == 2 && strips->tiles == 4);
    CHECK(strcmp(validation_name(validation, strips->items[1].picture), "1.png") == 0);
    Image shown = strip_tile(&strips->items[0], 2);
    CHECK(validation_restore(validation, 7) == 0);
    Image restored = strip_tile(&validation_strips(validation)->items[0], 2);
    CHECK(shown.width == restored.width && shown.height == restored.height);
    CHECK(memcmp(shown.rgb, restored.rgb, (size_t)(shown.width * shown.height * 3)) == 0);
    CHECK(validation_restore(validation, 8) == 0); /* pictures that were never written */
    image_free(&shown);
    image_free(&restored);
    cJSON_Delete(bicubic);
    cJSON_Delete(means);
    validation_close(validation);
    learner_free(learner);
    CHECK_NO_ERROR();
    CHECK(tensor_live() == 0);
}

TEST(validation_without_the_named_weights_is_refused_by_key)
{
    Config config = config_of(unit_scratch("."));
    CHECK(validation_open(&config, unit_scratch("validation_no_weights")) == NULL);
    CHECK_ERROR(ERROR_FILE, "data.validation: weights: ");
}

/* AlexNet with initial weights and its published linear ones. */
static const char *make_weights(void)
{
    static char folder[300];
    char path[400], real[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", unit_scratch("validation_weights"));
    REQUIRE(file_make_directories(folder) == 0);
    Graph *graph = lpips_alexnet_graph();
    Weights *weights = graph_initial_weights(graph, 1);
    snprintf(path, sizeof path, "%s/alexnet-initial.safetensors", folder);
    REQUIRE(weights && weights_write(path, weights) == 0);
    snprintf(path, sizeof path, "%s/lpips-v0.1-alex.pth", folder);
    REQUIRE(realpath(unit_shared("weights/lpips-v0.1-alex.pth"), real) && symlink(real, path) == 0);
    weights_free(weights);
    graph_free(graph);
    return folder;
}

/* The distance of picture `index` from its bicubic enlargement, without a border of the scale. */
static double distance(PerceptualMeasure *measure, const char *folder, int index)
{
    char path[400];
    double values[METRIC_COUNT] = {0};
    snprintf(path, sizeof path, "%s/%d.png", folder, index);
    Image hr, inside[2];
    REQUIRE(image_read(path, &hr) == 0);
    Image lr = image_resample(&hr, SIZE / SCALE, SIZE / SCALE, KERNEL_BICUBIC);
    Image sr = image_resample(&lr, SIZE, SIZE, KERNEL_BICUBIC);
    const int width = SIZE - 2 * SCALE;
    inside[0] = image_crop(&hr, SCALE, SCALE, width, width);
    inside[1] = image_crop(&sr, SCALE, SCALE, width, width);
    CHECK(perceptual_measure(measure, &inside[0], &inside[1], values) == 0);
    image_free(&hr);
    image_free(&lr);
    image_free(&sr);
    image_free(&inside[0]);
    image_free(&inside[1]);
    return values[METRIC_LPIPS_ALEX];
}

TEST(validation_with_weights_measures_the_mean_perceptual_distance)
{
    if (!unit_shared("weights/lpips-v0.1-alex.pth")) {
        unit_skip("needs the shared weights");
        return;
    }
    const char *weights = make_weights();
    Config config = config_of(weights);
    Validation *validation = validation_open(&config, unit_scratch("validation_lpips"));
    REQUIRE(validation != NULL);
    cJSON *bicubic = validation_baseline(validation);
    REQUIRE(bicubic != NULL);
    PerceptualMeasure *measure = perceptual_open(weights);
    double first = distance(measure, config.data.validation.hr, 0);
    double second = distance(measure, config.data.validation.hr, 1);
    CHECK(first > 0 && first != second);
    CHECK_RELATIVE(get(bicubic, "lpips_alex"), (first + second) / 2, 1e-6);
    CHECK(isnan(get(bicubic, "lpips_vgg")));
    perceptual_close(measure);
    validation_close(validation);
    cJSON_Delete(bicubic);
    CHECK_NO_ERROR();
}
