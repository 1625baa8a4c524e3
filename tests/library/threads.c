/* The C library from several threads at once: what each gets is what it would get alone. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/library/models.h"
#include "tests/unit.h"

enum { CALLERS = 4, TIMES = 2, WIDTH = 21, HEIGHT = 18 };

typedef struct Caller {
    pthread_t thread;
    unmush_model *shared; /* NULL: it opens a model of its own */
    int index, threads;
    unmush_pixels from, to;
    int status;
    bool same; /* all times */
} Caller;

static size_t bytes_of(const unmush_pixels *p)
{
    return (size_t)p->width * (size_t)p->height * (size_t)p->channels * sizeof(float);
}

static int listen(void *context, double done)
{
    *(double *)context = done;
    return 0;
}

static void *call(void *argument)
{
    Caller *c = argument;
    double heard = 0;
    unmush_options options = UNMUSH_OPTIONS;
    options.threads = c->threads;
    options.tile = 16;
    unmush_model *model = c->shared;
    c->same = true;
    c->status =
        model ? UNMUSH_OK : unmush_open(&model, model_file(c->index % MODELS), &options, NULL, 0);
    for (int i = 0; i < TIMES && c->status == UNMUSH_OK; i++) {
        unmush_pixels to = picture_room(&c->from, unmush_scale(model), UNMUSH_F32);
        c->status = unmush_upscale(model, &c->from, &to, listen, &heard, NULL, 0);
        c->same = c->same && (i == 0 || memcmp(c->to.data, to.data, bytes_of(&to)) == 0);
        free(c->to.data);
        c->to = to;
    }
    if (!c->shared)
        unmush_close(model);
    return NULL;
}

static void begin(Caller *callers, unmush_model *shared, int threads)
{
    for (int i = 0; i < CALLERS; i++) {
        model_file(i % MODELS); /* is written once, by this thread */
        callers[i] = (Caller){.shared = shared, .index = i, .threads = threads};
        callers[i].from = picture_made(WIDTH + i, HEIGHT, 1 + i, UNMUSH_F32, i);
    }
}

static void end(Caller *callers)
{
    for (int i = 0; i < CALLERS; i++) {
        free(callers[i].from.data);
        free(callers[i].to.data);
    }
}

static void check(unmush_model *shared, int threads)
{
    Caller together[CALLERS], alone[CALLERS];
    begin(together, shared, threads);
    begin(alone, shared, threads);
    for (int i = 0; i < CALLERS; i++)
        REQUIRE(pthread_create(&together[i].thread, NULL, call, &together[i]) == 0);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(together[i].thread, NULL);
    for (int i = 0; i < CALLERS; i++) {
        call(&alone[i]);
        CHECK(together[i].status == UNMUSH_OK && alone[i].status == UNMUSH_OK);
        CHECK(together[i].same && alone[i].same);
        REQUIRE(together[i].to.data && alone[i].to.data);
        CHECK(memcmp(together[i].to.data, alone[i].to.data, bytes_of(&alone[i].to)) == 0);
    }
    end(together);
    end(alone);
}

TEST(threads_with_a_model_each_get_what_they_get_alone)
{
    check(NULL, MOST_THREADS);
}

TEST(threads_that_share_a_model_get_what_they_get_alone)
{
    for (int index = 0; index < MODELS; index++) {
        int threads = index == 1 ? MOST_THREADS : 1;
        unmush_model *model = model_opened(index, threads);
        REQUIRE(model != NULL);
        check(model, threads);
        unmush_close(model);
    }
}

static void *fail(void *argument)
{
    unmush_model *model;
    char why[256];
    int *failures = argument;
    for (int i = 0; i < 100; i++)
        *failures +=
            unmush_open(&model, "/nowhere/at/all", NULL, why, sizeof why) == UNMUSH_ERROR_FILE &&
            strstr(why, "/nowhere/at/all");
    return NULL;
}

TEST(failures_of_one_thread_are_not_anothers)
{
    int failures = 0;
    pthread_t thread;
    Caller good = {.threads = 1, .from = picture_made(WIDTH, HEIGHT, 3, UNMUSH_F32, 1)};
    model_file(0);
    REQUIRE(pthread_create(&thread, NULL, fail, &failures) == 0);
    call(&good);
    pthread_join(thread, NULL);
    CHECK(failures == 100);
    CHECK(good.status == UNMUSH_OK && good.same);
    free(good.from.data);
    free(good.to.data);
}
