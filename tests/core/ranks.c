/* Ranks and their sums. tests/e2e/ranks.sh runs these on 2, 3 and 4 ranks; alone they are skipped.
 */
#include "core/ranks.h"

#include <stdatomic.h>

#include "core/error.h"
#include "core/log.h"
#include "tests/unit.h"

enum { COUNT = 300000, SUMS = 4 };

static float own[SUMS][COUNT], sums[SUMS][COUNT];

static bool alone(void)
{
    if (ranks_size() == 1)
        unit_skip("one rank");
    return ranks_size() == 1;
}

/* Small integers, whose sums are exact: i + r. */
static float value(int i, int r)
{
    return (float)(i % 97 + r);
}

static float sum_of_values(int i)
{
    int n = ranks_size();
    return (float)(n * (i % 97) + n * (n - 1) / 2);
}

static void fill(float *values)
{
    for (int i = 0; i < COUNT; i++)
        values[i] = value(i, ranks_rank());
}

static bool is_sum(const float *values)
{
    for (int i = 0; i < COUNT; i++)
        if (values[i] != sum_of_values(i))
            return false;
    return true;
}

TEST(ranks_sums_go_on_in_the_background_beside_other_collectives)
{
    if (alone())
        return;
    RanksSum *begun[SUMS];
    for (int s = 0; s < SUMS; s++) {
        fill(own[s]);
        begun[s] = ranks_sum_begin(own[s], sums[s], COUNT - s, RANKS_FLOAT, NULL, NULL);
    }
    double one = 1;
    CHECK(ranks_sum_doubles(&one, 1) == 0 && one == ranks_size());
    for (int s = SUMS - 1; s >= 0; s--)
        CHECK(ranks_sum_end(begun[s]) == 0);
    for (int s = 0; s < SUMS; s++) {
        sums[s][COUNT - 1] = s == 0 ? sums[s][COUNT - 1] : sum_of_values(COUNT - 1);
        sums[s][COUNT - 2] = s <= 1 ? sums[s][COUNT - 2] : sum_of_values(COUNT - 2);
        sums[s][COUNT - 3] = s <= 2 ? sums[s][COUNT - 3] : sum_of_values(COUNT - 3);
        CHECK(is_sum(sums[s]));
    }
}

static bool is_set(void *flag)
{
    return atomic_load((atomic_bool *)flag);
}

TEST(ranks_sums_wait_for_values_that_are_not_written_yet_and_keep_their_order)
{
    if (alone())
        return;
    atomic_bool written = false;
    memset(own[0], 0, sizeof own[0]);
    fill(own[1]);
    RanksSum *late = ranks_sum_begin(own[0], sums[0], COUNT, RANKS_FLOAT, is_set, &written);
    RanksSum *next = ranks_sum_begin(own[1], sums[1], COUNT, RANKS_FLOAT, NULL, NULL);
    /* Ranks become ready at different times. */
    double until = clock_seconds() + 0.02 * ranks_rank();
    while (clock_seconds() < until)
        ;
    fill(own[0]);
    atomic_store(&written, true);
    CHECK(ranks_sum_end(next) == 0 && ranks_sum_end(late) == 0);
    CHECK(is_sum(sums[0]) && is_sum(sums[1]));
}

TEST(ranks_bf16_sums_are_rounded_and_the_same_everywhere)
{
    if (alone())
        return;
    /* 1 and 2^-7 and 2^-8: the second is the last bit of bf16 above 1, the third half of it. */
    static const uint16_t ONE = 0x3f80, LAST_BIT = 0x3c00, HALF = 0x3b80;
    uint16_t mine[3] = {ONE, ranks_rank() == 0 ? ONE : LAST_BIT, ranks_rank() == 0 ? ONE : HALF};
    uint16_t all[3];
    RanksSum *sum = ranks_sum_begin(mine, all, 3, RANKS_BF16, NULL, NULL);
    CHECK(ranks_sum_end(sum) == 0);
    static const uint16_t WHOLE[] = {0, ONE, 0x4000, 0x4040, 0x4080};
    REQUIRE(ranks_size() <= 4);
    CHECK(all[0] == WHOLE[ranks_size()]);
    if (ranks_size() == 2)
        CHECK(all[1] == 0x3f81 && all[2] == ONE);
    int64_t bits[2] = {all[1], all[2]};
    CHECK(ranks_sum_integers(bits, 2) == 0);
    CHECK(bits[0] == (int64_t)ranks_size() * all[1] && bits[1] == (int64_t)ranks_size() * all[2]);
}

TEST(ranks_know_their_place_on_the_host)
{
    if (alone())
        return;
    int64_t places[4] = {0};
    REQUIRE(ranks_on_host() <= 4 && ranks_local() < ranks_on_host());
    places[ranks_local()] = 1;
    CHECK(ranks_sum_integers(places, 4) == 0);
    for (int i = 0; i < ranks_on_host(); i++)
        CHECK(places[i] == ranks_size() / ranks_on_host());
}

TEST(ranks_count_the_time_that_they_wait)
{
    if (alone())
        return;
    double before = ranks_waited(), until = clock_seconds() + 0.2, one = 1;
    while (ranks_rank() == 0 && clock_seconds() < until)
        ;
    CHECK(ranks_sum_doubles(&one, 1) == 0);
    CHECK(ranks_rank() == 0 || ranks_waited() - before > 0.1);
}

TEST(ranks_fetch_bytes_of_a_length_that_only_their_owner_knows)
{
    if (alone())
        return;
    int owner = ranks_size() - 1;
    size_t count = ranks_rank() == owner ? 70001 : 0;
    uint8_t *bytes = count ? malloc(count) : NULL;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(i * 7);
    CHECK(ranks_fetch_bytes(owner, &bytes, &count) == 0);
    if (ranks_rank() == 0) {
        REQUIRE(count == 70001 && bytes);
        CHECK(bytes[1] == 7 && bytes[70000] == (uint8_t)(70000 * 7));
    }
    free(bytes);
    uint8_t *none = NULL;
    count = 0;
    CHECK(ranks_fetch_bytes(owner, &none, &count) == 0 && count == 0);
    free(none);
    CHECK(ranks_fetch_bytes(0, NULL, NULL) == 0);
}
