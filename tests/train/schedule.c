/* Rates and averages over a stage. */
#include "train/schedule.h"

#include "tests/unit.h"

TEST(a_constant_schedule_rises_and_stays)
{
    StageConfig stage = {.steps = 100, .warmup = 4, .schedule = SCHEDULE_CONSTANT};
    CHECK_NEAR(schedule_factor(&stage, 0), 0.2, 1e-12);
    CHECK_NEAR(schedule_factor(&stage, 3), 0.8, 1e-12);
    CHECK(schedule_factor(&stage, 4) == 1);
    CHECK(schedule_factor(&stage, 99) == 1);
}

TEST(a_cosine_falls_to_half_in_the_middle_and_near_zero_at_the_end)
{
    StageConfig stage = {.steps = 1000, .warmup = 0, .schedule = SCHEDULE_COSINE};
    CHECK(schedule_factor(&stage, 0) == 1);
    CHECK_NEAR(schedule_factor(&stage, 500), 0.5, 1e-12);
    CHECK(schedule_factor(&stage, 999) > 0);
    CHECK(schedule_factor(&stage, 999) < 1e-5);
    for (int64_t i = 1; i < 1000; i++)
        CHECK(schedule_factor(&stage, i) < schedule_factor(&stage, i - 1));
}

TEST(warm_up_takes_at_most_half_of_the_steps)
{
    StageConfig stage = {.steps = 4, .warmup = 100, .schedule = SCHEDULE_CONSTANT};
    CHECK(schedule_factor(&stage, 1) < 1);
    CHECK(schedule_factor(&stage, 2) == 1);
}

TEST(the_average_forgets_its_start_and_then_keeps_its_decay)
{
    StageConfig stage = {.average = 0.999};
    CHECK_NEAR(schedule_average_decay(&stage, 0), 0.1, 1e-12);
    CHECK(schedule_average_decay(&stage, 100000) == 0.999);
}

TEST(cosines_follow_one_another_and_end_where_they_are_told)
{
    StageConfig stage = {.steps = 400, .schedule = SCHEDULE_COSINE, .cycles = 4, .last = 0.1};
    CHECK_NEAR(schedule_factor(&stage, 0), 1, 1e-12);
    CHECK_NEAR(schedule_factor(&stage, 50), 0.55, 1e-12);
    CHECK(schedule_factor(&stage, 99) < 0.11);
    CHECK_NEAR(schedule_factor(&stage, 100), 1, 1e-12);
    CHECK_NEAR(schedule_factor(&stage, 350), 0.55, 1e-12);
}

TEST(milestones_cut_the_rate)
{
    double milestones[] = {10, 20};
    StageConfig stage = {
        .steps = 100, .schedule = SCHEDULE_MULTI_STEP, .milestones = {milestones, 2}, .gamma = 0.5};
    CHECK(schedule_factor(&stage, 9) == 1);
    CHECK(schedule_factor(&stage, 10) == 0.5);
    CHECK(schedule_factor(&stage, 99) == 0.25);
}

TEST(the_mean_of_schedule_free_training_weighs_all_steps_alike_after_warm_up)
{
    StageConfig stage = {.steps = 1000, .warmup = 3, .beta2 = 0};
    ScheduleMean mean = {0}, late = {0};
    double sum = 0;
    for (int64_t step = 0; step < 50; step++) {
        double w = step < 3 ? (double)(step + 1) / 4 : 1;
        sum += w * w;
        CHECK_NEAR(schedule_mean_weight(&mean, &stage, step), w * w / sum, 1e-12);
    }
    CHECK(schedule_mean_weight(&late, &stage, 49) == schedule_mean_weight(&mean, &stage, 49));
}
