/* Mixed samples, and LR that is partly HR brought down. */
#include "data/augment.h"

#include "data/picture.h"
#include "data/resample.h"
#include "tests/unit.h"

enum { SIZE = 16, SCALE = 2, LR = SIZE * SIZE * 3, HR = LR * SCALE * SCALE };

static void fill(uint8_t *bytes, int count, int seed)
{
    Random random = random_stream((uint64_t)seed, RANDOM_TEST, 0, 0);
    for (int i = 0; i < count; i++)
        bytes[i] = (uint8_t)random_below(&random, 256);
}

TEST(mixup_blends_both_pictures_of_a_pair_alike)
{
    static uint8_t lr[LR], hr[HR], other_lr[LR], other_hr[HR];
    double sum = 0, squares = 0;
    enum { DRAWS = 4000 };
    for (int i = 0; i < DRAWS; i++) {
        Random random = random_stream(5, RANDOM_TEST, (uint64_t)i, 0);
        memset(lr, 200, LR);
        memset(hr, 200, HR);
        memset(other_lr, 0, LR);
        memset(other_hr, 0, HR);
        augment_mixup(&random, SIZE, SCALE, lr, hr, other_lr, other_hr);
        CHECK(lr[0] == lr[LR - 1] && lr[0] == hr[0] && hr[0] == hr[HR - 1]);
        double share = lr[0] / 200.0;
        sum += share;
        squares += share * share;
    }
    double mean = sum / DRAWS, variance = squares / DRAWS - mean * mean;
    CHECK_NEAR(mean, 0.5, 0.02);
    CHECK_NEAR(variance, 1 / (4 * (2 * 1.2 + 1)), 0.005); /* Beta(1.2, 1.2) */
}

TEST(mixup_with_itself_changes_nothing)
{
    static uint8_t lr[LR], hr[HR], before[HR];
    fill(lr, LR, 1);
    fill(hr, HR, 2);
    memcpy(before, hr, HR);
    Random random = random_stream(1, RANDOM_TEST, 9, 0);
    augment_mixup(&random, SIZE, SCALE, lr, hr, lr, hr);
    CHECK(memcmp(before, hr, HR) == 0);
}

TEST(cutblur_replaces_a_rectangle_or_all_around_it_by_hr_brought_down)
{
    static uint8_t lr[LR], hr[HR], clean[LR];
    fill(hr, HR, 3);
    Workspace *work = workspace_new();
    WorkspaceMark mark = workspace_mark(work);
    Picture large = picture_take(work, SIZE * SCALE, SIZE * SCALE);
    Picture small = picture_take(work, SIZE, SIZE);
    picture_from_bytes(hr, &large);
    picture_resample(&large, KERNEL_BICUBIC, SAMPLING_ANTIALIASED, work, &small);
    picture_to_bytes(&small, clean);
    workspace_release(work, mark);
    int corners = 0;
    for (int i = 0; i < 40; i++) {
        fill(lr, LR, 4);
        static uint8_t noisy[LR];
        memcpy(noisy, lr, LR);
        Random random = random_stream(7, RANDOM_TEST, (uint64_t)i, 0);
        augment_cutblur(&random, SIZE, SCALE, work, lr, hr);
        int replaced = 0;
        for (int p = 0; p < LR; p += 3) {
            bool is_clean = memcmp(lr + p, clean + p, 3) == 0;
            CHECK(is_clean || memcmp(lr + p, noisy + p, 3) == 0);
            replaced += is_clean;
        }
        CHECK(replaced > 0 && replaced < SIZE * SIZE);
        corners += memcmp(lr, clean, 3) == 0;
    }
    CHECK(corners > 5 && corners < 35); /* inside and outside both occur */
    workspace_free(work);
}
