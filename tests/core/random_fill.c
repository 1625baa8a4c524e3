#include "core/random_fill.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/random.h"
#include "tests/unit.h"

enum { MANY = 1 << 20 };

TEST(filled_words_are_those_of_the_counter_based_generator)
{
    uint32_t words[200], block[4], key[2] = {0x12345678u, 0x9ABCDEF0u};
    random_fill_words(UINT64_C(0x9ABCDEF012345678), UINT64_C(0x500000007), words, 200);
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t counter[4] = {i / 64 * 16 + i % 16, 7, 5, (uint32_t)RANDOM_FILL << 24};
        random_philox(counter, key, block);
        CHECK(words[i] == block[i % 64 / 16]);
    }
}

TEST(a_short_fill_is_the_beginning_of_a_long_one)
{
    float longer[300], shorter[300];
    random_fill_normal(3, 1, longer, 300);
    for (size_t count = 0; count < 300; count += 37) {
        random_fill_normal(3, 1, shorter, count);
        CHECK(memcmp(longer, shorter, count * sizeof *longer) == 0);
    }
    uint32_t words[70];
    random_fill_words(3, 1, words, 70);
    random_fill_uniform(3, 1, longer, 70);
    for (int i = 0; i < 70; i++)
        CHECK(longer[i] == (float)(words[i] >> 8) * 0x1p-24f);
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov's distance of a sample from the normal distribution. */
static double distance_from_normal(float *values, size_t count)
{
    double farthest = 0;
    qsort(values, count, sizeof *values, compare);
    for (size_t i = 0; i < count; i++) {
        double truth = 0.5 * erfc(-values[i] / sqrt(2));
        farthest = fmax(farthest, fabs(truth - ((double)i + 0.5) / (double)count));
    }
    return farthest;
}

TEST(normals_have_the_moments_tails_and_distribution_of_normals)
{
    float *values = memory_array(MANY, sizeof *values);
    random_fill_normal(11, 0, values, MANY);
    double sum[5] = {0}, largest = 0;
    int beyond = 0;
    for (size_t i = 0; i < MANY; i++) {
        double power = 1;
        for (int k = 0; k < 5; k++, power *= values[i])
            sum[k] += power / MANY;
        beyond += fabsf(values[i]) > 3;
        largest = fmax(largest, fabs(values[i]));
    }
    CHECK_NEAR(sum[1], 0, 0.004);
    CHECK_NEAR(sum[2], 1, 0.006);
    CHECK_NEAR(sum[3], 0, 0.012);
    CHECK_NEAR(sum[4], 3, 0.04);
    CHECK_NEAR(beyond, 0.0026998 * MANY, 250);
    CHECK(largest > 4.5 && largest < 5.8);
    /* 1.63 / sqrt(n) is exceeded once in a hundred times. */
    CHECK(distance_from_normal(values, MANY) < 1.63 / sqrt(MANY));
    free(values);
}

TEST(planes_and_seeds_are_not_correlated)
{
    enum { COUNT = 100000 };
    float *a = memory_array(COUNT, sizeof *a), *b = memory_array(COUNT, sizeof *b);
    const uint64_t OTHERS[][2] = {{1, 1}, {2, 0}, {1, UINT64_C(1) << 32}};
    random_fill_normal(1, 0, a, COUNT);
    for (int k = 0; k < 3; k++) {
        double product = 0;
        random_fill_normal(OTHERS[k][0], OTHERS[k][1], b, COUNT);
        for (int i = 0; i < COUNT; i++)
            product += (double)a[i] * b[i] / COUNT;
        CHECK_NEAR(product, 0, 4 / sqrt(COUNT));
    }
    free(a);
    free(b);
}
