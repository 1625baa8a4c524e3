/* Curves that stay small, and what is said of a run's way in the plane. */
#include "train/series.h"

#include <stdio.h>

#include "tests/unit.h"
#include "train/standing.h"

static void add(SeriesSet *set, int step, double value)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddNumberToObject(line, "step", step);
    cJSON_AddNumberToObject(line, "rate", value);
    series_add_line(set, line);
    cJSON_Delete(line);
}

TEST(a_short_curve_keeps_every_point)
{
    SeriesSet set = {0};
    for (int i = 0; i < 3; i++)
        add(&set, 10 * i, i * i);
    const Series *series = series_find(&set, "rate");
    CHECK(series_count(series) == 3 && series_step(series, 2) == 20);
    CHECK(series_value(series, 0) == 0 && series_value(series, 2) == 4);
    CHECK(series_count(series_find(&set, "losses/l1")) == 0);
    series_clear(&set);
}

TEST(a_long_curve_becomes_means_and_loses_nothing_of_its_end)
{
    SeriesSet set = {0};
    const int count = 5 * SERIES_MOST_POINTS + 3;
    double sum = 0, weighted = 0;
    for (int i = 1; i <= count; i++)
        add(&set, i, i);
    const Series *series = series_find(&set, "rate");
    REQUIRE(series_count(series) <= SERIES_MOST_POINTS);
    CHECK(series_count(series) > SERIES_MOST_POINTS / 2);
    for (int i = 0; i < series_count(series); i++) {
        double width = series_step(series, i) - (i > 0 ? series_step(series, i - 1) : 0);
        weighted += width * series_value(series, i);
        CHECK_NEAR(series_value(series, i), series_step(series, i) - (width - 1) / 2, 1e-9);
    }
    for (int i = 1; i <= count; i++)
        sum += i;
    CHECK(series_step(series, series_count(series) - 1) == count);
    CHECK_NEAR(weighted, sum, 1e-6);
    series_clear(&set);
}

/* Marks along a line from (smoothing, hallucination) by a step of (right, up). */
static void walk(Mark *marks, int count, double smoothing, double hallucination, double right,
                 double up)
{
    for (int i = 0; i < count; i++)
        marks[i] = (Mark){.step = 100 * (i + 1),
                          .smoothing = smoothing + right * i,
                          .hallucination = hallucination + up * i};
}

TEST(a_course_is_told_from_the_newest_marks)
{
    Mark marks[12];
    walk(marks, 12, 0.9, 0.2, -0.02, 0.001);
    CHECK(standing_course(marks, 12) == COURSE_IMPROVING);
    CHECK(standing_course(marks, 3) == COURSE_UNKNOWN);
    walk(marks, 12, 0.675, 0.525, -0.01, 0.01);
    CHECK(standing_course(marks, 12) == COURSE_TRADING);
    walk(marks, 12, 0.6, 0.6, 0.0001, 0.0001);
    CHECK(standing_course(marks, 12) == COURSE_RESTING);
    walk(marks, 12, 0.6, 0.6, 0.001, 0.01);
    CHECK(standing_course(marks, 12) == COURSE_WORSENING);
}

TEST(the_detail_error_joins_smoothing_sharpening_and_hallucination)
{
    Mark mark = {.smoothing = 0.6, .sharpening = 0.2, .hallucination = 0.3};
    CHECK_NEAR(standing_error(&mark), 0.7, 1e-12);
}

TEST(a_standing_names_values_baseline_and_the_best_step)
{
    Mark marks[6], bicubic = {.step = 0, .smoothing = 0.91, .hallucination = 0.21};
    char text[512];
    walk(marks, 6, 0.5, 0.3, 0.02, 0.02);
    standing_describe(marks, 6, &bicubic, text, sizeof text);
    CHECK(strstr(text, "step 600") && strstr(text, "60 %") && strstr(text, "40 %"));
    CHECK(strstr(text, "(bicubic: 91 % and 21 %)") && strstr(text, "the best was at step 100."));
    bicubic.step = -1;
    standing_describe(marks, 1, &bicubic, text, sizeof text);
    CHECK(!strstr(text, "bicubic") && strstr(text, "too early"));
    standing_describe(marks, 0, &bicubic, text, sizeof text);
    CHECK(strcmp(text, "Nothing was validated yet.") == 0);
}
