#include "eval/results.h"
#include "core/file.h"
#include "eval/report.h"
#include "eval/report_parts.h"
#include "tests/unit.h"

/* Two pictures and two methods without files behind them. */
typedef struct Fixture {
    char *names[2];
    int widths[2], heights[2];
    PictureSet set;
    Method items[2];
    MethodList methods;
    Results results;
} Fixture;

static void fixture_begin(Fixture *f)
{
    *f = (Fixture){.names = {"a,b.png", "<c>.png"},
                   .widths = {48, 48},
                   .heights = {32, 32},
                   .items = {{.name = "bicubic", .kind = "baseline"},
                             {.name = "say \"<x>\"", .kind = "images", .source = "/tmp"}}};
    f->set = (PictureSet){.scale = 4,
                          .count = 2,
                          .names = f->names,
                          .widths = f->widths,
                          .heights = f->heights,
                          .lr_paths = f->names};
    f->methods = (MethodList){.items = f->items, .count = 2};
    f->results = results_new(&f->set, &f->methods, 4);
    f->results.hr = "truth";
    f->results.lr = "inputs";
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 2; i++)
            for (int m = 0; m < METRIC_COUNT; m++)
                results_values(&f->results, k, i)[m] = 0.1 * m + 0.01 * i + 0.001 * k;
    results_values(&f->results, 1, 0)[METRIC_PSNR_Y] = NAN;
    for (int i = 0; i < 2; i++) {
        results_values(&f->results, 1, i)[METRIC_CONSISTENCY] = NAN;
        results_values(&f->results, 1, i)[METRIC_RECOVERED] = 0.51;
    }
}

static const cJSON *at(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

TEST(means_leave_out_undefined_values_and_count_them)
{
    Fixture f;
    fixture_begin(&f);
    int undefined;
    CHECK_NEAR(results_mean(&f.results, 0, METRIC_PSNR_RGB, &undefined), 0.105, 1e-12);
    CHECK(undefined == 0);
    CHECK_NEAR(results_mean(&f.results, 1, METRIC_PSNR_Y, &undefined), 0.011, 1e-12);
    CHECK(undefined == 1);
    CHECK(isnan(results_mean(&f.results, 1, METRIC_CONSISTENCY, &undefined)));
    CHECK(undefined == 2);
    results_free(&f.results);
}

TEST(json_holds_means_nulls_and_no_metric_that_was_not_measured)
{
    Fixture f;
    fixture_begin(&f);
    cJSON *json = results_json(&f.results);
    const cJSON *method = cJSON_GetArrayItem(at(json, "methods"), 1);
    const cJSON *row = cJSON_GetArrayItem(at(method, "per_image"), 0);
    CHECK(at(json, "scale")->valueint == 4);
    CHECK(at(json, "crop")->valueint == 4);
    CHECK(strcmp(at(json, "lr")->valuestring, "inputs") == 0);
    CHECK(cJSON_IsNull(at(row, "psnr_y")));
    CHECK(cJSON_IsNull(at(at(method, "mean"), "consistency")));
    CHECK(at(at(method, "undefined"), "psnr_y")->valueint == 1);
    CHECK(at(at(method, "undefined"), "ssim_y") == NULL);
    CHECK_NEAR(at(row, "halo")->valuedouble, 0.1 * METRIC_HALO + 0.001, 1e-12);
    CHECK(at(row, "lpips_vgg") == NULL);
    CHECK(strcmp(at(row, "image")->valuestring, "a,b.png") == 0);
    cJSON_Delete(json);
    results_free(&f.results);
}

TEST(csv_quotes_names_and_ends_with_means)
{
    Fixture f;
    fixture_begin(&f);
    const char *path = unit_scratch("metrics.csv");
    CHECK(results_write_csv(&f.results, path) == 0);
    size_t count;
    char *text = (char *)file_read_whole(path, 1 << 20, &count);
    REQUIRE(text != NULL);
    CHECK(strncmp(text, "method,image,psnr_y,psnr_rgb,ssim_y,", 36) == 0);
    CHECK(strstr(text, "\nbicubic,\"a,b.png\",0,0.1,") != NULL);
    CHECK(strstr(text, "\n\"say \"\"<x>\"\"\",\"a,b.png\",,0.101,") != NULL);
    CHECK(strstr(text, "\nbicubic,mean,0.005,0.105,") != NULL);
    CHECK(strstr(text, "lpips") == NULL);
    free(text);
    results_free(&f.results);
}

TEST(the_report_escapes_names_and_needs_no_network)
{
    Fixture f;
    fixture_begin(&f);
    Exhibits exhibits = exhibits_new(&f.set, &f.methods, 4);
    const char *path = unit_scratch("index.html");
    CHECK(report_write(&f.results, &exhibits, path) == 0);
    size_t count;
    char *text = (char *)file_read_whole(path, 1 << 24, &count);
    REQUIRE(text != NULL);
    CHECK(strstr(text, "<x>") == NULL && strstr(text, "<c>") == NULL);
    CHECK(strstr(text, "say &quot;&lt;x&gt;&quot;</b> keeps <b>51") != NULL);
    CHECK(strstr(text, "<circle") != NULL);
    CHECK(strstr(text, "http") == NULL && strstr(text, "{{") == NULL);
    free(text);
    exhibits_free(&exhibits);
    results_free(&f.results);
}

/* The sentences of a report of two methods, whose outputs lie where `shift` says. */
static char *sentences(double x, double y, int pictures)
{
    Fixture f;
    fixture_begin(&f);
    for (int i = 0; i < pictures; i++) {
        results_at(&f.results, 1, i)->shift_x = x;
        results_at(&f.results, 1, i)->shift_y = y;
    }
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    report_sentences(stream, &(Page){&f.results, NULL});
    fclose(stream);
    results_free(&f.results);
    return text;
}

TEST(the_report_says_where_a_displaced_output_lies)
{
    static const struct {
        double x, y;
        int pictures;
        const char *words;
    } CASES[] = {{0.5, 0, 2, "Lies 0.50&nbsp;px to the right of the truth; measured put back"},
                 {-0.25, 0, 1, "0.25&nbsp;px to the left of the truth in 1 of 2 pictures;"},
                 {0, 0.75, 2, "Lies 0.75&nbsp;px below the truth;"},
                 {1, -0.5, 2, "1.00&nbsp;px to the right and 0.50&nbsp;px above the truth;"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char *text = sentences(CASES[i].x, CASES[i].y, CASES[i].pictures);
        CHECK(strstr(text, CASES[i].words) != NULL);
        free(text);
    }
    char *text = sentences(0, 0, 2);
    CHECK(strstr(text, "Lies") == NULL);
    free(text);
}

TEST(strips_show_the_place_with_the_most_detail)
{
    int widths[] = {256}, heights[] = {192};
    PictureSet set = {.scale = 4, .count = 1, .widths = widths, .heights = heights};
    Strips strips = strips_new(&set, 1);
    PicturePair picture = {.hr = image_new(256, 192), .lr = image_new(64, 48)};
    for (int y = 100; y < 150; y++) /* a patch of texture in a black picture */
        for (int x = 150; x < 200; x++)
            picture.hr.rgb[(y * 256 + x) * 3] = (uint8_t)((x ^ y) & 1 ? 200 : 0);
    picture.lr.rgb[0] = 9;
    Reference *reference = reference_new(&picture.hr, 4, 4);
    Image sr = image_new(256, 192);
    strips_take(&strips, 0, &picture, reference, &sr);
    const Strip *strip = &strips.items[0];
    CHECK(strip->width == 64 && strip->height == 64);
    CHECK(strip->x % 4 == 0 && strip->x >= 136 && strip->x <= 150);
    CHECK(strip->y % 4 == 0 && strip->y >= 86 && strip->y <= 100);
    Image truth = strip_tile(strip, 2),
          expected = image_crop(&picture.hr, strip->x, strip->y, 64, 64);
    CHECK(memcmp(truth.rgb, expected.rgb, 64 * 64 * 3) == 0);
    image_free(&truth);
    image_free(&expected);
    image_free(&sr);
    picture_free(&picture);
    reference_free(reference);
    strips_free(&strips);
}
