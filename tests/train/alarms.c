/* Alarms on made sequences, the watch that raises them, and which validation was best. */
#include "train/alarms.h"

#include <stdio.h>

#include "tests/unit.h"
#include "train/best.h"
#include "train/watch.h"

static void fill(double *values, int count, double value)
{
    for (int i = 0; i < count; i++)
        values[i] = value;
}

TEST(a_discriminator_has_won_when_all_verdicts_say_so)
{
    double real[ALARM_LINES + 5], fake[ALARM_LINES + 5];
    fill(real, ALARM_LINES + 5, 0.99);
    fill(fake, ALARM_LINES + 5, 0.01);
    CHECK(alarm_discriminator(real, fake, ALARM_LINES + 5));
    CHECK(!alarm_discriminator(real, fake, ALARM_LINES - 1));
    fake[2] = 0.5; /* before the window */
    CHECK(alarm_discriminator(real, fake, ALARM_LINES + 5));
    fake[7] = 0.06;
    CHECK(!alarm_discriminator(real, fake, ALARM_LINES + 5));
    fake[7] = 0.01;
    real[ALARM_LINES] = 0.9;
    CHECK(!alarm_discriminator(real, fake, ALARM_LINES + 5));
}

TEST(lost_contrast_and_drifting_colour_are_told_from_bicubics)
{
    const double variances[] = {0.9, 0.4, 0.4}, drifts[] = {0.5, 4.6, 4.6};
    CHECK(alarm_variance(variances, 3, 0.9) && !alarm_variance(variances, 2, 0.9));
    CHECK(!alarm_variance(variances, 3, 0.7) && !alarm_variance(variances, 3, (double)NAN));
    CHECK(alarm_colour(drifts, 3, 0.5) && !alarm_colour(drifts, 2, 0.5));
    CHECK(!alarm_colour(drifts, 3, 0.7) && !alarm_colour(drifts, 3, (double)NAN));
}

TEST(fidelity_may_fall_only_where_a_discriminator_teaches)
{
    const double fallen[] = {27, 30, 30.5, 29.4}, deep[] = {30, 24.9};
    CHECK(alarm_fidelity(fallen, 4, 28.4, false) && !alarm_fidelity(fallen, 4, 28.4, true));
    CHECK(!alarm_fidelity(fallen, 3, 28.4, false));
    CHECK(alarm_fidelity(deep, 2, 28.4, true) && alarm_fidelity(deep, 2, (double)NAN, true));
}

TEST(a_run_below_bicubic_is_alarming_unless_it_rises)
{
    const double rising[] = {25, 26, 27}, stuck[] = {27.1, 27.2, 27.1}, near[] = {28, 28, 28};
    CHECK(!alarm_fidelity(rising, 3, 28.4, false) && alarm_fidelity(stuck, 3, 28.4, false));
    CHECK(!alarm_fidelity(near, 3, 28.4, false) && !alarm_fidelity(stuck, 2, 28.4, false));
    CHECK(!alarm_fidelity(stuck, 3, (double)NAN, false) && !alarm_fidelity(stuck, 0, 28.4, false));
}

TEST(a_loss_has_risen_when_its_mean_is_twice_its_least)
{
    double losses[ALARM_LINES + 1];
    fill(losses, ALARM_LINES + 1, 0.021);
    CHECK(alarm_loss(losses, ALARM_LINES + 1, 0.01, false));
    CHECK(!alarm_loss(losses, ALARM_LINES + 1, 0.01, true));
    CHECK(!alarm_loss(losses, ALARM_LINES - 1, 0.01, false));
    fill(losses, ALARM_LINES + 1, 0.01);
    losses[ALARM_LINES] = 0.1; /* one bad batch is none */
    CHECK(!alarm_loss(losses, ALARM_LINES + 1, 0.01, false));
    CHECK_NEAR(alarm_mean(losses, ALARM_LINES + 1), 0.0145, 1e-12);
}

static int add(Watch *watch, RaisedAlarm *raised, const char *text)
{
    cJSON *line = cJSON_Parse(text);
    REQUIRE(line != NULL);
    int count = watch_add(watch, line, raised);
    cJSON_Delete(line);
    return count;
}

static int add_loss(Watch *watch, RaisedAlarm *raised, const char *stage, double loss)
{
    char text[256];
    snprintf(text, sizeof text, "{\"step\":1,\"stage\":\"%s\",\"losses\":{\"l1\":%g}}", stage,
             loss);
    return add(watch, raised, text);
}

TEST(a_watch_raises_an_alarm_once_until_it_ends)
{
    RaisedAlarm raised[ALARM_COUNT];
    Watch *watch = watch_new();
    int count = 0;
    for (int i = 0; i < 30; i++)
        count += add_loss(watch, raised, "l1", 0.01);
    CHECK(count == 0);
    for (int i = 0; i < 30; i++)
        count += add_loss(watch, raised, "l1", 0.05);
    CHECK(count == 1);
    CHECK(raised[0].kind == ALARM_DIVERGENCE && strstr(raised[0].message, "loss l1 has risen"));
    for (int i = 0; i < 30; i++)
        count += add_loss(watch, raised, "l1", 0.01);
    CHECK(count == 1);
    for (int i = 0; i < 30; i++)
        count += add_loss(watch, raised, "l1", 0.05);
    CHECK(count == 2);
    for (int i = 0; i < 30; i++)
        count += add_loss(watch, raised, "next", 0.05); /* another stage has another scale */
    CHECK(count == 2);
    watch_free(watch);
}

TEST(a_watch_knows_every_kind_of_alarm)
{
    RaisedAlarm raised[ALARM_COUNT];
    Watch *watch = watch_new();
    CHECK(add(watch, raised,
              "{\"step\":0,\"baseline\":{\"variance\":0.9,\"colour\":0.1,\"psnr_y\":28}}") == 0);
    CHECK(add(watch, raised,
              "{\"step\":1,\"stage\":\"a\",\"validation\":{\"variance\":0.2,\"colour\":9,"
              "\"psnr_y\":30}}") == 0);
    CHECK(add(watch, raised,
              "{\"step\":2,\"stage\":\"a\",\"validation\":{\"variance\":0.2,\"colour\":9,"
              "\"psnr_y\":20}}") == 3);
    CHECK(raised[0].kind == ALARM_VARIANCE && strstr(raised[0].message, "0.20 of the truth's"));
    CHECK(raised[1].kind == ALARM_COLOUR && strstr(raised[1].message, "9.0 grey levels"));
    CHECK(raised[2].kind == ALARM_DIVERGENCE && strstr(raised[2].message, "20.00 dB"));
    int count = 0;
    for (int i = 0; i < ALARM_LINES; i++)
        count += add(watch, raised,
                     "{\"step\":3,\"stage\":\"a\",\"verdicts\":{\"real\":0.99,\"fake\":0.001}}");
    CHECK(count == 1 && raised[0].kind == ALARM_DISCRIMINATOR);
    CHECK(add(watch, raised, "{\"step\":3,\"alarm\":\"colour\",\"message\":\"again\"}") == 0);
    watch_free(watch);
}

static unsigned judge(Best *best, int64_t step, const char *measures)
{
    cJSON *object = cJSON_Parse(measures);
    REQUIRE(object != NULL);
    unsigned better = best_add(best, object, step);
    cJSON_Delete(object);
    return better;
}

TEST(each_criterion_has_its_own_best)
{
    Best best = {0};
    int64_t steps[CRITERION_COUNT];
    CHECK(judge(&best, 1, "{\"psnr_y\":28,\"hallucination\":0.21,\"detail_energy\":0.24}") ==
          (1u << BEST_PSNR | 1u << BEST_HONEST));
    CHECK(judge(&best, 2, "{\"psnr_y\":30,\"hallucination\":0.7,\"detail_energy\":0.75}") ==
          1u << BEST_PSNR);
    CHECK(judge(&best, 3, "{\"psnr_y\":29,\"hallucination\":0.7,\"detail_energy\":1}") ==
          1u << BEST_HONEST);
    CHECK(judge(&best, 4, "{\"psnr_y\":30,\"lpips_vgg\":0.3,\"lpips_alex\":0.2}") ==
          1u << BEST_LPIPS);
    CHECK(judge(&best, 5, "{\"lpips_alex\":0.25}") == 0 && judge(&best, 6, "{}") == 0);
    CHECK(best_steps(&best, steps) == 3 && steps[0] == 2 && steps[1] == 4 && steps[2] == 3);
}
