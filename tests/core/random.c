#include "core/random.h"
#include "tests/unit.h"

TEST(philox_gives_the_published_known_answers)
{
    /* From the Random123 distribution's kat_vectors, philox4x32 with 10 rounds. */
    uint32_t block[4];
    random_philox((uint32_t[]){0, 0, 0, 0}, (uint32_t[]){0, 0}, block);
    CHECK(block[0] == 0x6627e8d5 && block[1] == 0xe169c58d && block[2] == 0xbc57ac4c &&
          block[3] == 0x9b00dbd8);
    random_philox((uint32_t[]){0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                  (uint32_t[]){0xa4093822, 0x299f31d0}, block);
    CHECK(block[0] == 0xd16cfe09 && block[1] == 0x94fdcceb && block[2] == 0x5001e420 &&
          block[3] == 0x24126ea1);
}

TEST(streams_of_different_samples_differ_and_repeat)
{
    Random a = random_stream(1, RANDOM_TEST, 7, 3), b = random_stream(1, RANDOM_TEST, 7, 3);
    Random c = random_stream(1, RANDOM_TEST, 7, 4);
    uint32_t first = random_word(&a);
    CHECK(first == random_word(&b));
    CHECK(first != random_word(&c));
}

TEST(uniform_numbers_have_the_right_moments)
{
    Random r = random_stream(5, RANDOM_TEST, 0, 0);
    double sum = 0, squares = 0, normal = 0, normal_squares = 0;
    enum { N = 100000 };
    for (int i = 0; i < N; i++) {
        double u = random_uniform(&r), n = random_normal(&r);
        CHECK(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
        normal += n;
        normal_squares += n * n;
    }
    CHECK_NEAR(sum / N, 0.5, 0.005);
    CHECK_NEAR(squares / N, 1.0 / 3, 0.005);
    CHECK_NEAR(normal / N, 0, 0.015);
    CHECK_NEAR(normal_squares / N, 1, 0.02);
}

TEST(below_covers_its_range_evenly)
{
    Random r = random_stream(9, RANDOM_TEST, 0, 0);
    int counts[7] = {0};
    for (int i = 0; i < 70000; i++)
        counts[random_below(&r, 7)]++;
    for (int i = 0; i < 7; i++)
        CHECK_NEAR(counts[i], 10000, 400);
}
