/* How many pairs a second a recipe makes: the centred 256 px crop of every photograph of a folder,
 * scale 4.
 *     bench_degrade PHOTOS [THREADS [PAIRS [RECIPE]]] [--plain] [--hr=N]
 * --plain leaves out the recipe's target (Real-ESRGAN: the sharpening of HR).
 * First checks that one thread and many make the same pairs, and that a replay does, then times. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/threads.h"
#include "data/degrade.h"

enum { SCALE = 4, REPEATS = 5, COMPARED = 64, MOST_PHOTOS = 1000 };

typedef struct Bench {
    const Degradation *degradation;
    Image photos[MOST_PHOTOS];
    int count, pairs;
    atomic_int next;
    uint64_t *sums; /* one per pair, of LR's bits; NULL: not wanted */
} Bench;

static int read_photos(Bench *b, const char *folder, int extent)
{
    FileList files = {0};
    if (image_list(folder, &files) != 0)
        return -1;
    for (int i = 0; i < files.count && i < MOST_PHOTOS; i++) {
        Image whole;
        if (image_read(files.paths[i], &whole) != 0)
            return -1;
        b->photos[b->count++] = image_crop(&whole, (whole.width - extent) / 2,
                                           (whole.height - extent) / 2, extent, extent);
        image_free(&whole);
    }
    file_list_free(&files);
    return 0;
}

static uint64_t sum_of(const Picture *p)
{
    uint64_t sum = 14695981039346656037u;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < picture_pixels(p); i++)
            sum = (sum ^ (uint64_t)p->planes[c][i]) * 1099511628211u;
    return sum;
}

/* Replays every pair of a check. */
static int note_pair(Bench *b, Degrader *degrader, int index, const DegradedPair *pair)
{
    b->sums[index] = sum_of(&pair->lr);
    Workspace *work = workspace_new();
    Picture hr = picture_take(work, pair->hr.width, pair->hr.height), lr;
    picture_copy(&pair->hr, &hr);
    char *drawn = strdup(pair->drawn);
    int result = degrader_replay(degrader, &hr, drawn, 8, &lr);
    if (result == 0 && sum_of(&lr) != b->sums[index])
        result = error_set(ERROR_SHAPE, "pair %d: the replay differs", index);
    free(drawn);
    workspace_free(work);
    return result;
}

static int make_some(void *context, int thread)
{
    (void)thread;
    Bench *b = context;
    Degrader *degrader = degrader_new(b->degradation, SCALE);
    Workspace *work = workspace_new();
    int result = 0;
    for (int i; result == 0 && (i = atomic_fetch_add(&b->next, 1)) < b->pairs;) {
        const Image *photo = &b->photos[i % b->count];
        WorkspaceMark mark = workspace_mark(work);
        Picture hr = picture_take(work, photo->width, photo->height);
        DegradedPair pair;
        picture_from_image(photo, 0, 0, &hr);
        result = degrader_run(degrader, &hr, degradation_key(1, (uint64_t)i, 0), 8, &pair);
        if (result == 0 && b->sums)
            result = note_pair(b, degrader, i, &pair);
        workspace_release(work, mark);
    }
    workspace_free(work);
    degrader_free(degrader);
    return result;
}

static int make_pairs(Bench *b, int threads)
{
    atomic_store(&b->next, 0);
    threads_set(threads);
    return threads_for(threads, make_some, b);
}

static int verify(const Bench *bench, int threads)
{
    uint64_t one[COMPARED], many[COMPARED];
    Bench b = *bench;
    b.pairs = COMPARED;
    b.sums = one;
    int result = make_pairs(&b, 1);
    b.sums = many;
    if (result == 0)
        result = make_pairs(&b, threads > 1 ? threads : 2);
    if (result == 0 && memcmp(one, many, sizeof one) != 0)
        result = error_set(ERROR_SHAPE, "one thread and many make different pairs");
    return result;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(Bench *b, int threads)
{
    double rates[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        double began = clock_seconds();
        if (make_pairs(b, threads) != 0)
            return -1;
        rates[i] = b->pairs / (clock_seconds() - began);
    }
    qsort(rates, REPEATS, sizeof *rates, compare);
    printf("%.3f pairs/s (%d threads; %.1f to %.1f in %d repeats of %d)\n", rates[REPEATS / 2],
           threads, rates[0], rates[REPEATS - 1], REPEATS, b->pairs);
    return 0;
}

static Degradation *open_recipe(const char *name, bool plain)
{
    Degradation *whole = degradation_open(name);
    if (!whole || !plain)
        return whole;
    cJSON *recipe = json_parse(degradation_recipe(whole), strlen(degradation_recipe(whole)), name);
    cJSON_DeleteItemFromObject(recipe, "target");
    char *text = json_line(recipe);
    Degradation *without = degradation_parse(text, name);
    free(text);
    cJSON_Delete(recipe);
    degradation_free(whole);
    return without;
}

static int run(Bench *b, const char *const *arguments, int count, bool plain, int extent)
{
    int threads = count > 1 ? atoi(arguments[1]) : 2;
    b->pairs = count > 2 ? atoi(arguments[2]) : 400;
    Degradation *degradation = open_recipe(count > 3 ? arguments[3] : "realesrgan", plain);
    b->degradation = degradation;
    int result = degradation ? read_photos(b, arguments[0], extent) : -1;
    if (result == 0)
        result = verify(b, threads);
    if (result == 0)
        result = measure(b, threads);
    for (int i = 0; i < b->count; i++)
        image_free(&b->photos[i]);
    degradation_free(degradation);
    return result;
}

int main(int argc, char **argv)
{
    const char *arguments[4];
    int count = 0, extent = 256;
    bool plain = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--plain") == 0)
            plain = true;
        else if (strncmp(argv[i], "--hr=", 5) == 0)
            extent = atoi(argv[i] + 5);
        else if (count < 4)
            arguments[count++] = argv[i];
    }
    if (count == 0) {
        fprintf(stderr, "usage: bench_degrade PHOTOS [THREADS [PAIRS [RECIPE]]] [--plain]\n");
        return 2;
    }
    static Bench bench;
    if (run(&bench, arguments, count, plain, extent) == 0)
        return 0;
    fprintf(stderr, "bench_degrade: %s\n", error_message());
    return 1;
}
