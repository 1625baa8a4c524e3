/* LPIPS and DISTS as evaluations measure them: from a folder of weights files to the values of a
 * picture. */
#include "eval/perceptual.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/json.h"
#include "eval/eval_command.h"
#include "nets/features.h"
#include "nets/lpips.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

static const char HR[] = "photos/set5/butterfly.png";
static const char SR[] = "reference/butterfly-bicubic-x4.png";

/* A folder in the scratch folder. */
static const char *make_folder(const char *name)
{
    const char *folder = unit_scratch(name);
    REQUIRE(file_make_directories(folder) == 0);
    return folder;
}

/* FOLDER/NAME becomes another name of a shared file. */
static void link_shared(const char *folder, const char *name, const char *shared)
{
    char real[PATH_MAX], *path = file_join(folder, name);
    REQUIRE(realpath(unit_shared(shared), real) && symlink(real, path) == 0);
    free(path);
}

/* Writes a backbone by formula and links its published linear weights, under the usual names. */
static void add_net(const char *folder, LpipsNet net)
{
    static const char *const BACKBONES[] = {"alexnet", "vgg16", "squeezenet1_1"};
    Graph *graph = net == LPIPS_ALEX  ? lpips_alexnet_graph()
                   : net == LPIPS_VGG ? lpips_vgg16_graph()
                                      : lpips_squeezenet_graph();
    Weights *weights = formula_weights(graph);
    char path[PATH_MAX], name[64], shared[96];
    snprintf(path, sizeof path, "%s/%s-formula.safetensors", folder, BACKBONES[net]);
    REQUIRE(weights_write(path, weights) == 0);
    snprintf(name, sizeof name, "lpips-v0.1-%s.pth", LPIPS_NET_NAMES[net]);
    snprintf(shared, sizeof shared, "weights/%s", name);
    link_shared(folder, name, shared);
    weights_free(weights);
    graph_free(graph);
}

static double oracle(LpipsNet net)
{
    cJSON *file = json_read(unit_shared("reference/lpips.json"));
    const cJSON *nets = cJSON_GetObjectItemCaseSensitive(file, "nets");
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(nets, LPIPS_NET_NAMES[net]);
    double value = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(entry, "value"));
    cJSON_Delete(file);
    return value;
}

static bool have_shared(void)
{
    if (unit_shared("reference/lpips.json") && unit_shared("weights/lpips-v0.1-alex.pth"))
        return true;
    unit_skip("needs the shared weights and oracle values");
    return false;
}

TEST(lpips_of_a_weights_folder_agrees_with_the_reference_implementation)
{
    if (!have_shared())
        return;
    const char *folder = make_folder("lpips");
    for (LpipsNet net = LPIPS_ALEX; net < LPIPS_NETS; net++)
        add_net(folder, net);
    PerceptualMeasure *measure = perceptual_open(folder);
    CHECK_NO_ERROR();
    REQUIRE(measure != NULL);
    Image hr, sr;
    REQUIRE(image_read(unit_shared(HR), &hr) == 0 && image_read(unit_shared(SR), &sr) == 0);
    double values[METRIC_COUNT] = {0};
    CHECK(perceptual_measure(measure, &hr, &sr, values) == 0);
    CHECK_NO_ERROR();
    for (int net = 0; net < LPIPS_NETS; net++) {
        CHECK(perceptual_has(measure, (Metric)(METRIC_LPIPS_ALEX + net)));
        CHECK_RELATIVE(values[METRIC_LPIPS_ALEX + net], oracle((LpipsNet)net), 1e-4);
    }
    CHECK(!perceptual_has(measure, METRIC_PSNR_Y));
    CHECK(values[METRIC_HALO] == 0);
    image_free(&hr);
    image_free(&sr);
    perceptual_close(measure);
}

/* Runs `unmush eval` and returns its only method's mean. */
static cJSON *evaluate(const char *hr, const char *images, const char *weights)
{
    char output[PATH_MAX], options[3][PATH_MAX];
    snprintf(output, sizeof output, "%s", unit_scratch("report"));
    snprintf(options[0], sizeof options[0], "--hr=%s", hr);
    snprintf(options[1], sizeof options[1], "--images=other=%s", images);
    snprintf(options[2], sizeof options[2], "--weights=%s", weights);
    char *arguments[] = {(char[]){"eval"},
                         (char[]){"-q"},
                         (char[]){"-o"},
                         output,
                         (char[]){"--scale"},
                         (char[]){"4"},
                         (char[]){"--crop=0"},
                         options[0],
                         options[1],
                         options[2],
                         (char[]){"--baseline=none"},
                         NULL};
    REQUIRE(eval_command(11, arguments) == 0);
    char *path = file_join(output, "metrics.json");
    cJSON *file = json_read(path);
    const cJSON *methods = cJSON_GetObjectItemCaseSensitive(file, "methods");
    cJSON *mean = cJSON_DetachItemFromObjectCaseSensitive(cJSON_GetArrayItem(methods, 0), "mean");
    free(path);
    cJSON_Delete(file);
    return mean;
}

TEST(evaluations_tell_the_lpips_of_the_nets_that_are_there)
{
    if (!have_shared())
        return;
    const char *hr = make_folder("hr"), *sr = make_folder("sr"), *weights = make_folder("alex");
    link_shared(hr, "butterfly.png", HR);
    link_shared(sr, "butterfly.png", SR);
    add_net(weights, LPIPS_ALEX);
    cJSON *mean = evaluate(hr, sr, weights);
    CHECK_NO_ERROR();
    double alex = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(mean, "lpips_alex"));
    CHECK_RELATIVE(alex, oracle(LPIPS_ALEX), 1e-4);
    CHECK(cJSON_GetObjectItemCaseSensitive(mean, "psnr_y") != NULL);
    CHECK(cJSON_GetObjectItemCaseSensitive(mean, "lpips_vgg") == NULL);
    cJSON_Delete(mean);
}

TEST(without_a_folder_no_lpips_is_measured)
{
    PerceptualMeasure *measure = perceptual_open(NULL);
    REQUIRE(measure != NULL);
    for (Metric m = METRIC_PSNR_Y; m < METRIC_COUNT; m++)
        CHECK(!perceptual_has(measure, m));
    Image image = image_new(8, 8);
    double values[METRIC_COUNT] = {[METRIC_LPIPS_ALEX] = 7};
    CHECK(perceptual_measure(measure, &image, &image, values) == 0);
    CHECK(values[METRIC_LPIPS_ALEX] == 7);
    image_free(&image);
    perceptual_close(measure);
}

TEST(a_folder_without_lpips_weights_is_an_error_that_says_what_is_needed)
{
    CHECK(perceptual_open(make_folder("nothing")) == NULL);
    CHECK_ERROR(ERROR_FILE, "nothing: LPIPS alex lacks alexnet*.pth and lpips-v0.1-alex.pth: "
                            "`unmush weights fetch lpips-alex`");
    CHECK(perceptual_open(unit_scratch("absent")) == NULL);
    CHECK_ERROR(ERROR_FILE, "absent");
}

TEST(a_backbone_that_lacks_an_array_is_an_error_that_names_it)
{
    if (!have_shared())
        return;
    const char *folder = make_folder("lacking");
    Weights *weights = weights_new();
    weights_add(weights, "features.0.weight", 4, (const int64_t[]){64, 3, 11, 11});
    char *path = file_join(folder, "alexnet-owt.safetensors");
    REQUIRE(weights_write(path, weights) == 0);
    link_shared(folder, "lpips-v0.1-alex.pth", "weights/lpips-v0.1-alex.pth");
    CHECK(perceptual_open(folder) == NULL);
    CHECK(strstr(error_message(), "alexnet-owt.safetensors") != NULL);
    CHECK_ERROR(ERROR_FORMAT, "features.0.bias is missing");
    free(path);
    weights_free(weights);
}

/* A folder with AlexNet's LPIPS and with DISTS of equal factors. */
static const char *make_two_nets(const char *name)
{
    const char *folder = make_folder(name);
    add_net(folder, LPIPS_ALEX);
    Graph *graph = lpips_vgg16_graph();
    Weights *weights = formula_weights(graph), *factors = weights_new();
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/vgg16-formula.safetensors", folder);
    REQUIRE(weights_write(path, weights) == 0);
    for (int k = 0; k < 2; k++) {
        Weight *w = weights_add(factors, k ? "beta" : "alpha", 1, (const int64_t[]){1475});
        for (int64_t i = 0; i < w->count; i++)
            w->values[i] = 1;
    }
    snprintf(path, sizeof path, "%s/dists.safetensors", folder);
    REQUIRE(weights_write(path, factors) == 0);
    weights_free(weights);
    weights_free(factors);
    graph_free(graph);
    return folder;
}

/* Left of `border` flat, right of it texture. */
static Content halves(int width, int height, int border)
{
    Content content = {width, height, malloc((size_t)width * (size_t)height)};
    for (int i = 0; i < width * height; i++)
        content.classes[i] = i % width < border ? CONTENT_FLAT : CONTENT_TEXTURE;
    return content;
}

TEST(a_truth_kept_for_many_methods_gives_the_values_of_one_pair)
{
    if (!have_shared())
        return;
    PerceptualMeasure *measure = perceptual_open(make_two_nets("two"));
    REQUIRE(measure != NULL);
    CHECK(perceptual_has(measure, METRIC_DISTS) && !perceptual_has(measure, METRIC_LPIPS_VGG));
    Image hr, sr;
    REQUIRE(image_read(unit_shared(HR), &hr) == 0 && image_read(unit_shared(SR), &sr) == 0);
    PerceptualTruth *truth = perceptual_truth_new(measure, &hr, NULL, 0);
    REQUIRE(truth != NULL);
    double pair[METRIC_COUNT] = {0}, same[METRIC_COUNT], first[METRIC_COUNT], again[METRIC_COUNT];
    CHECK(perceptual_measure(measure, &hr, &sr, pair) == 0);
    CHECK(perceptual_compare(truth, &sr, first, NULL) == 0);
    CHECK(perceptual_compare(truth, &hr, same, NULL) == 0);
    CHECK(perceptual_compare(truth, &sr, again, NULL) == 0);
    CHECK_RELATIVE(pair[METRIC_LPIPS_ALEX], oracle(LPIPS_ALEX), 1e-4);
    const Metric loaded[] = {METRIC_LPIPS_ALEX, METRIC_DISTS};
    for (int i = 0; i < 2; i++) {
        CHECK(pair[loaded[i]] > 0 && first[loaded[i]] == pair[loaded[i]]);
        CHECK(same[loaded[i]] == 0 && again[loaded[i]] == first[loaded[i]]);
    }
    perceptual_truth_free(truth);
    image_free(&hr);
    image_free(&sr);
    perceptual_close(measure);
    CHECK_NO_ERROR();
}

TEST(lpips_of_classes_weighed_by_their_shares_is_lpips)
{
    if (!have_shared())
        return;
    const int crop = 5;
    const char *folder = make_folder("classes");
    add_net(folder, LPIPS_ALEX);
    PerceptualMeasure *measure = perceptual_open(folder);
    Image hr, sr;
    REQUIRE(image_read(unit_shared(HR), &hr) == 0 && image_read(unit_shared(SR), &sr) == 0);
    Content content = halves(hr.width, hr.height, 101);
    PerceptualTruth *truth = perceptual_truth_new(measure, &hr, &content, crop);
    REQUIRE(truth != NULL);
    double value[METRIC_COUNT] = {0}, by_class[CONTENT_CLASSES][METRIC_COUNT];
    for (int k = 0; k < CONTENT_CLASSES; k++)
        by_class[k][METRIC_LPIPS_ALEX] = NAN;
    CHECK(perceptual_compare(truth, &sr, value, by_class) == 0);
    double share = (101.0 - crop) / (hr.width - 2 * crop);
    double flat = by_class[CONTENT_FLAT][METRIC_LPIPS_ALEX];
    double texture = by_class[CONTENT_TEXTURE][METRIC_LPIPS_ALEX];
    CHECK(flat > 0 && texture > 0 && fabs(flat - texture) > 1e-4);
    CHECK_RELATIVE(share * flat + (1 - share) * texture, value[METRIC_LPIPS_ALEX], 1e-6);
    CHECK(isnan(by_class[CONTENT_EDGE][METRIC_LPIPS_ALEX]));
    perceptual_truth_free(truth);
    content_free(&content);
    image_free(&hr);
    image_free(&sr);
    perceptual_close(measure);
    CHECK_NO_ERROR();
}

TEST(errors_on_one_half_are_the_lpips_of_its_class)
{
    if (!have_shared())
        return;
    const char *folder = make_folder("half");
    add_net(folder, LPIPS_ALEX);
    PerceptualMeasure *measure = perceptual_open(folder);
    Image hr, sr;
    REQUIRE(image_read(unit_shared(HR), &hr) == 0 && image_read(unit_shared(SR), &sr) == 0);
    const int half = hr.width / 2;
    for (int y = 0; y < hr.height; y++) /* the left half is the truth */
        memcpy(sr.rgb + 3 * y * hr.width, hr.rgb + 3 * y * hr.width, 3 * (size_t)half);
    Content content = halves(hr.width, hr.height, half);
    PerceptualTruth *truth = perceptual_truth_new(measure, &hr, &content, 0);
    double value[METRIC_COUNT] = {0}, by_class[CONTENT_CLASSES][METRIC_COUNT];
    REQUIRE(truth && perceptual_compare(truth, &sr, value, by_class) == 0);
    CHECK(by_class[CONTENT_TEXTURE][METRIC_LPIPS_ALEX] >
          5 * by_class[CONTENT_FLAT][METRIC_LPIPS_ALEX]);
    perceptual_truth_free(truth);
    content_free(&content);
    image_free(&hr);
    image_free(&sr);
    perceptual_close(measure);
    CHECK_NO_ERROR();
}

TEST(a_picture_of_other_extents_than_the_truth_is_an_error)
{
    if (!have_shared())
        return;
    const char *folder = make_folder("extents");
    add_net(folder, LPIPS_ALEX);
    PerceptualMeasure *measure = perceptual_open(folder);
    Image hr = image_new(64, 48), sr = image_new(48, 64);
    double values[METRIC_COUNT];
    PerceptualTruth *truth = perceptual_truth_new(measure, &hr, NULL, 0);
    REQUIRE(truth != NULL);
    CHECK(perceptual_compare(truth, &sr, values, NULL) == -1);
    CHECK_ERROR(ERROR_SHAPE, "48 x 64 pixels, the truth has 64 x 48");
    perceptual_truth_free(truth);
    image_free(&hr);
    image_free(&sr);
    perceptual_close(measure);
}

TEST(every_perceptual_measure_says_which_weights_it_needs)
{
    for (Metric m = 0; m < METRIC_COUNT; m++)
        CHECK((perceptual_weights(m) != NULL) == (METRICS[m].needs == NEEDS_WEIGHTS));
    CHECK(strcmp(perceptual_weights(METRIC_LPIPS_VGG), "lpips-vgg") == 0);
    CHECK(strcmp(perceptual_weights(METRIC_DISTS), "dists") == 0);
}
