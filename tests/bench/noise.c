/* Times of noise, grain, dust, colour and quantise, one thread: milliseconds per 256 x 256 RGB
 * picture, and nanoseconds per random number.
 *     bench_noise IMAGE               (its middle is taken)
 * First checks mean and deviation of what each makes of a flat field, then times. Lines are NAME, a
 * tab, the median of the repeats, the least and the most. tests/bench/noise_peer.py sets BasicSR's
 * and NumPy's beside them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/log.h"
#include "core/random_fill.h"
#include "data/degrade/recipe.h"

enum { EDGE = 256, PIXELS = EDGE * EDGE, REPEATS = 41, WARM_UP = 3 };

/* A recipe's step, and what it makes of a field of `level`: mean and deviation to `within`. */
typedef struct Case {
    const char *name, *step;
    float level;
    double mean, deviation, within;
} Case;

static const Case CASES[] = {
    {"gaussian", "{\"noise\":{\"sigma\":12}}", 120, 120, 12, 0.2},
    {"gaussian gray", "{\"noise\":{\"sigma\":12,\"colour\":\"gray\"}}", 120, 120, 12, 0.2},
    {"speckle", "{\"noise\":{\"kind\":\"speckle\",\"sigma\":20}}", 102, 102, 8, 0.2},
    {"sensor", "{\"noise\":{\"kind\":\"sensor\",\"shot\":0.5,\"read\":3}}", 100, 100, 7.681, 0.2},
    /* One level: one photon stands for 255. */
    {"poisson", "{\"noise\":{\"kind\":\"poisson\",\"scale\":0.05}}", 51, 51, 5.702, 0.15},
    {"poisson gray", "{\"noise\":{\"kind\":\"poisson\",\"scale\":0.05,\"colour\":\"gray\"}}", 51,
     51, 5.702, 0.15},
    {"grain 1", "{\"grain\":{\"strength\":10,\"size\":1}}", 127.5f, 127.5, 10, 0.5},
    {"grain 3", "{\"grain\":{\"strength\":10,\"size\":3}}", 127.5f, 127.5, 10, 1.2},
    {"dust", "{\"dust\":{\"tone\":\"light\",\"specks\":10,\"scratches\":1}}", 100, 100, 0, 12},
    {"gamma", "{\"colour\":{\"gamma\":1.8}}", 128, 73.747, 0, 0.01},
    {"colours",
     "{\"colour\":{\"saturation\":0.7,\"fade\":0.2,\"red\":-5,\"green\":-5,\"blue\":-5}}", 100, 105,
     0, 0.01},
    {"palette 16", "{\"quantise\":{\"colours\":16}}", 77, 77, 0, 0.01},
    {"palette 256", "{\"quantise\":{\"colours\":256}}", 77, 77, 0, 0.01},
    {"palette 256 diffusion", "{\"quantise\":{\"colours\":256,\"dither\":\"diffusion\"}}", 77, 77,
     0, 0.01},
    {"levels 3 ordered",
     "{\"quantise\":{\"kind\":\"levels\",\"colours\":3,\"dither\":\"ordered\"}}", 40, 40, 59.16, 1},
    {"levels 3 diffusion",
     "{\"quantise\":{\"kind\":\"levels\",\"colours\":3,\"dither\":\"diffusion\"}}", 40, 40, 59.16,
     1},
};

typedef struct Bench {
    Workspace *work;
    Picture from, to;
} Bench;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, double *milliseconds)
{
    qsort(milliseconds, REPEATS, sizeof *milliseconds, compare);
    printf("%s\t%.4f %.4f %.4f\n", name, milliseconds[REPEATS / 2], milliseconds[0],
           milliseconds[REPEATS - 1]);
}

static int draw_step(const char *text, DrawnList *drawn)
{
    uint32_t position = 0;
    cJSON *array = cJSON_CreateArray();
    cJSON_AddItemToArray(array, cJSON_Parse(text));
    Step *group = recipe_parse(array, "steps", &position);
    cJSON_Delete(array);
    if (!group)
        return -1;
    recipe_draw(group, 1, drawn);
    step_free(group);
    return 0;
}

static int run(const Bench *b, const DrawnList *drawn)
{
    Situation situation = {1, EDGE, EDGE};
    WorkspaceMark mark = workspace_mark(b->work);
    Picture to = b->to;
    int result = drawn->items[0].operation->apply(drawn_values(drawn, 0), &situation, b->work, &to);
    workspace_release(b->work, mark);
    return result;
}

static int check_numbers(const char *name, const float *values, double mean, double deviation,
                         double within)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < PIXELS; i++)
        sum += (double)values[i] / PIXELS;
    for (int i = 0; i < PIXELS; i++)
        squares += ((double)values[i] - sum) * ((double)values[i] - sum) / PIXELS;
    if (fabs(sum - mean) <= within && fabs(sqrt(squares) - deviation) <= within)
        return 0;
    return error_set(ERROR_FORMAT, "%s: mean %g, deviation %g where %g and %g are right", name, sum,
                     sqrt(squares), mean, deviation);
}

static int check_case(const Bench *b, const Case *test, const DrawnList *drawn)
{
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < PIXELS; i++)
            b->to.planes[c][i] = test->level;
    if (run(b, drawn) != 0)
        return -1;
    for (int c = 0; c < 3; c++)
        if (check_numbers(test->name, b->to.planes[c], test->mean, test->deviation, test->within))
            return -1;
    return 0;
}

/* The copy of the picture is not timed. */
static int bench_case(const Bench *b, const Case *test)
{
    double milliseconds[REPEATS];
    DrawnList drawn = {0};
    int result = draw_step(test->step, &drawn);
    result = result == 0 ? check_case(b, test, &drawn) : result;
    for (int i = -WARM_UP; i < REPEATS && result == 0; i++) {
        picture_copy(&b->from, &b->to);
        double began = clock_seconds();
        result = run(b, &drawn);
        if (i >= 0)
            milliseconds[i] = 1e3 * (clock_seconds() - began);
    }
    drawn_free(&drawn);
    if (result == 0)
        report(test->name, milliseconds);
    return result;
}

static void fill_words(uint64_t seed, uint64_t plane, float *values, size_t count)
{
    random_fill_words(seed, plane, (uint32_t *)(void *)values, count);
}

typedef void Fill(uint64_t seed, uint64_t plane, float *values, size_t count);

/* In nanoseconds a number. */
static void bench_fill(const Bench *b, const char *name, Fill *fill)
{
    double nanoseconds[REPEATS];
    for (int i = -WARM_UP; i < REPEATS; i++) {
        double began = clock_seconds();
        fill(1, 2, b->to.planes[0], PIXELS);
        if (i >= 0)
            nanoseconds[i] = 1e9 * (clock_seconds() - began) / PIXELS;
    }
    report(name, nanoseconds);
}

static int bench_fills(const Bench *b)
{
    random_fill_uniform(1, 2, b->to.planes[0], PIXELS);
    random_fill_normal(1, 2, b->to.planes[1], PIXELS);
    if (check_numbers("uniform", b->to.planes[0], 0.5, 0.288675, 0.004) ||
        check_numbers("normal", b->to.planes[1], 0, 1, 0.012))
        return -1;
    bench_fill(b, "ns a word", fill_words);
    bench_fill(b, "ns a uniform", random_fill_uniform);
    bench_fill(b, "ns a normal", random_fill_normal);
    return 0;
}

static int bench_image(Bench *b, const char *path)
{
    Image image;
    if (image_read(path, &image) != 0)
        return -1;
    int x = (image.width - EDGE) / 2, y = (image.height - EDGE) / 2;
    int result = 0;
    if (image.width < EDGE || image.height < EDGE)
        result = error_set(ERROR_SHAPE, "%s: smaller than %d x %d", path, EDGE, EDGE);
    else
        picture_from_image(&image, x, y, &b->from);
    image_free(&image);
    result = result == 0 ? bench_fills(b) : result;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES && result == 0; i++)
        result = bench_case(b, &CASES[i]);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_noise IMAGE\n");
        return 2;
    }
    Bench b = {.work = workspace_new()};
    b.from = picture_take(b.work, EDGE, EDGE);
    b.to = picture_take(b.work, EDGE, EDGE);
    int result = bench_image(&b, argv[1]);
    workspace_free(b.work);
    if (result != 0)
        fprintf(stderr, "bench_noise: %s\n", error_message());
    return result == 0 ? 0 : 1;
}
