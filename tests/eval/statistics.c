#include "eval/statistics.h"
#include "core/random.h"
#include "tests/unit.h"

TEST(the_interval_of_a_mean_is_that_of_its_standard_error)
{
    enum { COUNT = 200 };
    double values[2 * COUNT], sum = 0, squares = 0;
    Random random = random_stream(3, RANDOM_TEST, 1, 0);
    for (int i = 0; i < COUNT; i++) {
        values[2 * i] = 5 + 2 * random_normal(&random);
        values[2 * i + 1] = NAN; /* between the values */
        sum += values[2 * i];
        squares += values[2 * i] * values[2 * i];
    }
    double mean = sum / COUNT, error = sqrt((squares / COUNT - mean * mean) / COUNT);
    Bootstrap *bootstrap = bootstrap_new(COUNT);
    Interval interval = bootstrap_interval(bootstrap, values, 2);
    CHECK_NEAR(interval.low, mean - 1.96 * error, 0.15 * error);
    CHECK_NEAR(interval.high, mean + 1.96 * error, 0.15 * error);
    bootstrap_free(bootstrap);
}

TEST(too_few_pictures_have_no_interval_and_undefined_ones_are_left_out)
{
    double values[] = {1, NAN, 3, NAN, NAN};
    Bootstrap *bootstrap = bootstrap_new(5);
    CHECK(isnan(bootstrap_interval(bootstrap, values, 1).low));
    values[1] = 2;
    Interval interval = bootstrap_interval(bootstrap, values, 1);
    CHECK(interval.low >= 1 && interval.low < 2 && interval.high > 2 && interval.high <= 3);
    bootstrap_free(bootstrap);
}

TEST(pairs_show_a_small_difference_that_pictures_apart_would_hide)
{
    enum { COUNT = 40 };
    double a[COUNT], b[COUNT];
    Random random = random_stream(4, RANDOM_TEST, 2, 0);
    for (int i = 0; i < COUNT; i++) {
        a[i] = 30 + 4 * random_normal(&random);
        b[i] = a[i] + 0.1 + 0.05 * random_normal(&random);
    }
    b[0] = NAN;
    Bootstrap *bootstrap = bootstrap_new(COUNT);
    Paired paired = bootstrap_compare(bootstrap, a, b, 1);
    CHECK(paired.pictures == COUNT - 1);
    CHECK_NEAR(paired.difference, 0.1, 0.03);
    CHECK(paired.interval.low > 0 && paired.interval.high < 0.2);
    CHECK(paired.wins > 0.9);
    Paired same = bootstrap_compare(bootstrap, a, a, 1);
    CHECK(same.difference == 0 && same.interval.low == 0 && same.interval.high == 0);
    CHECK(same.wins == 0.5);
    bootstrap_free(bootstrap);
}

TEST(draws_are_the_same_every_time)
{
    double values[] = {0.3, 0.1, 0.7, 0.2, 0.9, 0.4};
    Bootstrap *one = bootstrap_new(6), *other = bootstrap_new(6);
    Interval a = bootstrap_interval(one, values, 1), b = bootstrap_interval(other, values, 1);
    CHECK(a.low == b.low && a.high == b.high && a.low < a.high);
    bootstrap_free(one);
    bootstrap_free(other);
}
