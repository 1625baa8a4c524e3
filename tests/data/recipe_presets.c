/* What holds for every preset: it opens, fits every scale, can be done again bit for bit, and does
 * not depend on threads or on what was made before. */
#include <stdio.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/random_fill.h"
#include "core/threads.h"
#include "data/degrade/drawn.h"
#include "data/degrade/inside.h"
#include "tests/unit.h"

/* The long tests replay a thousand pairs of each. */
static int samples(void)
{
    const char *asked = getenv("UNMUSH_LONG");
    return asked && strcmp(asked, "yes") == 0 ? 1000 : 20;
}

/* The next preset that this build can do, or NULL: `video` needs its library. */
static Degradation *next_preset(int *index)
{
    const char *name, *about;
    while ((name = degradation_preset((*index)++, &about))) {
        Degradation *d = degradation_open(name);
        if (d)
            return d;
        CHECK(strcmp(name, "video") == 0 && strstr(error_message(), "libavcodec") != NULL);
        error_clear();
    }
    return NULL;
}

/* Smooth shapes, an edge and some texture. */
static Picture example(Workspace *work, int width, int height)
{
    Picture p = picture_take(work, width, height);
    random_fill_uniform(7, 0, p.planes[0], picture_pixels(&p));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t at = (size_t)y * (size_t)width + (size_t)x;
            float grain = 20 * p.planes[0][at];
            for (int c = 2; c >= 0; c--)
                p.planes[c][at] =
                    floorf((float)((x * (3 + c) + y * (2 + c)) % 180) * (x > width / 2 ? 1 : 0.6f) +
                           grain);
        }
    return p;
}

static bool same_picture(const Picture *a, const Picture *b)
{
    bool same = a->width == b->width && a->height == b->height;
    for (int c = 0; same && c < 3; c++)
        same = memcmp(a->planes[c], b->planes[c], picture_pixels(a) * sizeof(float)) == 0;
    return same;
}

static bool is_rounded(const Picture *p, int depth)
{
    double levels = depth == 8 ? 1 : 257;
    bool rounded = true;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < picture_pixels(p); i++) {
            double v = p->planes[c][i] * levels;
            rounded = rounded && v >= 0 && v <= 255 * levels && fabs(v - round(v)) < 0.01;
        }
    return rounded;
}

/* Runs `count` pairs of a preset at a scale, and replays each with another degrader. */
static void run_and_replay(const Degradation *d, int scale, int count)
{
    Workspace *work = workspace_new();
    Degrader *one = degrader_new(d, scale), *other = degrader_new(d, scale);
    Picture hr = example(work, 27 * scale, 19 * scale);
    for (int k = 0; k < count; k++) {
        DegradedPair pair;
        Picture lr;
        int depth = k % 2 ? 16 : 8;
        REQUIRE(degrader_run(one, &hr, degradation_key(4, (uint64_t)k, 1), depth, &pair) == 0);
        CHECK(pair.lr.width == 27 && pair.lr.height == 19);
        CHECK(pair.hr.width == hr.width && pair.hr.height == hr.height);
        CHECK(is_rounded(&pair.hr, depth) && is_rounded(&pair.lr, depth));
        CHECK(degradation_changes_target(d) || depth == 16 || same_picture(&pair.hr, &hr));
        CHECK(strlen(pair.drawn) < degradation_most_text(d));
        REQUIRE(degrader_replay(other, &pair.hr, pair.drawn, depth, &lr) == 0);
        CHECK(same_picture(&lr, &pair.lr));
    }
    degrader_free(one);
    degrader_free(other);
    workspace_free(work);
}

TEST(every_preset_is_replayed_bit_for_bit_at_every_scale)
{
    Degradation *d;
    for (int index = 0; (d = next_preset(&index));) {
        run_and_replay(d, 1, samples() / 2);
        run_and_replay(d, 2, samples());
        run_and_replay(d, 4, samples());
        CHECK_NO_ERROR();
        degradation_free(d);
    }
}

TEST(every_preset_says_what_it_is)
{
    const char *name, *about, *before = "";
    int count = 0;
    for (; (name = degradation_preset(count, &about)); count++) {
        CHECK(strcmp(before, name) < 0);
        CHECK(strlen(about) > 20 && strlen(about) < 110 && about[strlen(about) - 1] != '.');
        before = name;
    }
    CHECK(count >= 12);
}

TEST(every_presets_resolved_recipe_draws_the_same)
{
    Degradation *d;
    for (int index = 0; (d = next_preset(&index)); degradation_free(d)) {
        Degradation *resolved = degradation_parse(degradation_recipe(d), "resolved");
        REQUIRE(resolved != NULL);
        CHECK(strcmp(degradation_recipe(d), degradation_recipe(resolved)) == 0);
        DrawnList one = {0}, other = {0};
        size_t most = degradation_most_text(d);
        char *text = memory_new(most), *again = memory_new(most);
        for (uint64_t k = 0; k < 2000; k++) {
            drawn_clear(&one);
            drawn_clear(&other);
            recipe_draw(degradation_steps(d), k, &one);
            recipe_draw(degradation_steps(resolved), k, &other);
            CHECK(drawn_print(&one, text, 0) < most);
            drawn_print(&other, again, 0);
            CHECK(strcmp(text, again) == 0);
        }
        free(text);
        free(again);
        drawn_free(&one);
        drawn_free(&other);
        degradation_free(resolved);
    }
}

enum { MADE = 24, SCALE = 2, WIDTH = 34, HEIGHT = 22 };

typedef struct Threads {
    const Degradation *degradation;
    const Picture *hr;
    float lr[MADE][WIDTH * HEIGHT * 3];
    char *drawn[MADE];
} Threads;

static int make(Threads *t, Degrader *degrader, int k)
{
    DegradedPair pair;
    if (degrader_run(degrader, t->hr, degradation_key(9, (uint64_t)k, 0), 8, &pair) != 0)
        return -1;
    size_t count = picture_pixels(&pair.lr);
    for (size_t c = 0; c < 3; c++)
        memcpy(t->lr[k] + c * count, pair.lr.planes[c], count * sizeof(float));
    t->drawn[k] = memory_copy_string(pair.drawn);
    return 0;
}

static int make_alone(void *context, int k)
{
    Threads *t = context;
    Degrader *degrader = degrader_new(t->degradation, SCALE);
    int result = make(t, degrader, k);
    degrader_free(degrader);
    return result;
}

static void check_threads(const Degradation *d, const Picture *hr)
{
    Threads *alone = memory_new(sizeof *alone), *behind = memory_new(sizeof *behind);
    alone->degradation = behind->degradation = d;
    alone->hr = behind->hr = hr;
    REQUIRE(threads_for(MADE, make_alone, alone) == 0);
    Degrader *degrader = degrader_new(d, SCALE);
    for (int k = MADE - 1; k >= 0; k--)
        REQUIRE(make(behind, degrader, k) == 0);
    degrader_free(degrader);
    CHECK(memcmp(alone->lr, behind->lr, sizeof alone->lr) == 0);
    for (int k = 0; k < MADE; k++) {
        CHECK(strcmp(alone->drawn[k], behind->drawn[k]) == 0);
        free(alone->drawn[k]);
        free(behind->drawn[k]);
    }
    free(alone);
    free(behind);
}

TEST(threads_and_order_do_not_change_pairs)
{
    Workspace *work = workspace_new();
    Picture hr = example(work, WIDTH * SCALE, HEIGHT * SCALE);
    threads_set(3);
    Degradation *d;
    for (int index = 0; (d = next_preset(&index)); degradation_free(d))
        check_threads(d, &hr);
    threads_set(0);
    workspace_free(work);
}
