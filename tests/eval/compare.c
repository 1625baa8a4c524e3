/* Two metrics.json files as continuous integration compares them. */
#include "eval/compare.h"

#include <stdio.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/unit.h"

/* A metrics.json of one model on four pictures, whose hallucination is `made_up` in the mean. */
static const char *write_metrics(const char *file, const char *name, const char *set, int scale,
                                 double made_up)
{
    char text[2048];
    const char *path = unit_scratch(file);
    int used = snprintf(text, sizeof text,
                        "{\"scale\":%d,\"crop\":4,\"degradation\":\"bicubic\",\"set\":{\"sha256\":"
                        "\"%s\"},\"methods\":[{\"name\":\"bicubic\",\"kind\":\"baseline\","
                        "\"mean\":{\"hallucination\":9},\"per_image\":[]},{\"name\":\"%s\","
                        "\"kind\":\"model\",\"mean\":{\"psnr_y\":30,\"smoothing\":0.5,"
                        "\"hallucination\":%g},\"per_image\":[",
                        scale, set, name, made_up);
    for (int i = 0; i < 4; i++)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "%s{\"psnr_y\":30,\"smoothing\":0.5,\"hallucination\":%g}", i ? "," : "",
                         made_up + 0.001 * (i - 1.5));
    snprintf(text + used, sizeof text - (size_t)used, "]}]}");
    CHECK(file_write_whole(path, text, strlen(text)) == 0);
    return path;
}

static int compare(const char *before, const char *after, const char *thresholds, char *printed)
{
    FILE *stream = fmemopen(printed, 4096, "w");
    int result = compare_files(before, after, thresholds, false, stream);
    fclose(stream);
    return result;
}

TEST(a_method_that_got_worse_beyond_its_threshold_fails_by_name)
{
    char printed[4096];
    const char *before = write_metrics("compare-a.json", "mine", "x", 4, 0.45);
    const char *after = write_metrics("compare-b.json", "mine", "x", 4, 0.48);
    CHECK(compare(before, after, COMPARE_THRESHOLDS, printed) == -1);
    CHECK_ERROR(ERROR_RESULT, "compare-b.json: mine: hallucination went from 0.4500 to 0.4800");
    CHECK(strstr(printed, "too bad") != NULL && strstr(printed, "no difference shown") != NULL);
    CHECK(strstr(printed, "bicubic") == NULL);
    CHECK(compare(before, after, "hallucination=0.05,psnr_y=0", printed) == 0);
    CHECK(strstr(printed, "worse") != NULL);
    CHECK(compare(after, before, "hallucination=0", printed) == 0);
    CHECK(strstr(printed, "better") != NULL);
}

TEST(single_methods_of_other_names_are_compared_with_each_other)
{
    char printed[4096];
    const char *before = write_metrics("compare-c.json", "old", "x", 4, 0.4);
    const char *after = write_metrics("compare-d.json", "new", "x", 4, 0.4);
    CHECK(compare(before, after, COMPARE_THRESHOLDS, printed) == 0);
    CHECK(strstr(printed, "new") != NULL);
}

TEST(evaluations_of_other_pictures_or_scales_are_not_compared)
{
    char printed[4096];
    const char *before = write_metrics("compare-e.json", "mine", "x", 4, 0.4);
    const char *after = write_metrics("compare-f.json", "mine", "y", 2, 0.4);
    CHECK(compare(before, after, COMPARE_THRESHOLDS, printed) == -1);
    CHECK(strstr(error_message(), "\"scale\"") != NULL);
    CHECK_ERROR(ERROR_CONFIG, "are of other pictures");
    CHECK(compare(before, unit_scratch("compare-none.json"), COMPARE_THRESHOLDS, printed) == -1);
    CHECK_ERROR(ERROR_FILE, "compare-none.json");
}

TEST(thresholds_name_known_measures_and_positive_numbers)
{
    char printed[4096];
    const char *before = write_metrics("compare-g.json", "mine", "x", 4, 0.4);
    CHECK(compare(before, before, "sharpness=1", printed) == -1);
    CHECK_ERROR(ERROR_USAGE, "no measure is called sharpness");
    CHECK(compare(before, before, "psnr_y=-1", printed) == -1);
    CHECK_ERROR(ERROR_USAGE, "psnr_y=-1");
    CHECK(compare(before, before, "psnr_y", printed) == -1);
    CHECK_ERROR(ERROR_USAGE, "psnr_y");
}
