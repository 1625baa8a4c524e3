/* What lies on a film when it is scanned: specks of dust and scratches along its run. */
#include <math.h>

#include "core/random.h"
#include "data/degrade/operations.h"

enum { LIGHT, DARK, MIXED };
enum { SPECKS = 0, SCRATCHES = 1, PER_PIXELS = 256 * 256, MOST = 10000 };

typedef struct DustValues {
    int tone;
    double specks, scratches, size, opacity;
    uint32_t seed;
} DustValues;

static const Parameter PARAMETERS[] = {
    {"tone", PARAMETER_CHOICE, offsetof(DustValues, tone), "\"mixed\"", 0, 2, "light|dark|mixed",
     NULL, "light on scanned negatives, dark on slides"},
    {"specks", PARAMETER_REAL, offsetof(DustValues, specks), "2", 0, 200, NULL, NULL,
     "how many on 256 x 256 pixels in the mean"},
    {"scratches", PARAMETER_REAL, offsetof(DustValues, scratches), "0.3", 0, 50, NULL, NULL,
     "how many on 256 x 256 pixels in the mean"},
    {"size", PARAMETER_REAL, offsetof(DustValues, size), "1.5", 0.3, 30, NULL, NULL,
     "px: a speck's usual radius; scratches are a third as wide"},
    {"opacity", PARAMETER_REAL, offsetof(DustValues, opacity), "0.7", 0, 1, NULL, NULL,
     "how much of the picture it hides at most"},
    {"seed", PARAMETER_SEED, offsetof(DustValues, seed), NULL, 0, 0, NULL, NULL,
     "of places and shapes"},
    {0},
};

/* Lets a level cover the pixel (x, y) by a share of 0..1, if it lies in the picture. */
static void cover(const Picture *picture, int x, int y, double share, float level)
{
    if (x < 0 || y < 0 || x >= picture->width || y >= picture->height || share <= 0)
        return;
    size_t at = (size_t)y * (size_t)picture->width + (size_t)x;
    float by = share < 1 ? (float)share : 1;
    for (int c = 0; c < 3; c++)
        picture->planes[c][at] += by * (level - picture->planes[c][at]);
}

/* Whole things of a mean number: the fraction is one more with that probability. */
static int draw_count(double mean, const Picture *picture, Random *random)
{
    double number = mean * (double)picture_pixels(picture) / PER_PIXELS;
    int whole = (int)fmin(floor(number), MOST);
    return whole + (random_uniform(random) < number - whole);
}

static float draw_level(const DustValues *v, Random *random)
{
    bool light = random_uniform(random) < 0.5;
    light = v->tone == MIXED ? light : v->tone == LIGHT;
    return (float)(light ? random_range(random, 215, 250) : random_range(random, 5, 45));
}

/* A soft blob whose radius waves around its centre. */
static void draw_speck(const DustValues *v, const Picture *picture, uint32_t index)
{
    Random random = random_stream(v->seed, RANDOM_OPERATION, index, SPECKS);
    double x = random_range(&random, 0, picture->width);
    double y = random_range(&random, 0, picture->height);
    double radius = v->size * random_range(&random, 0.5, 1.6);
    double wave = random_range(&random, 0, 0.45), phase = random_range(&random, 0, 6.2832);
    int lobes = 2 + (int)random_below(&random, 3);
    double opacity = v->opacity * random_range(&random, 0.5, 1);
    float level = draw_level(v, &random);
    int reach = (int)ceil(radius * 1.5 + 1);
    for (int j = (int)y - reach; j <= (int)y + reach; j++)
        for (int i = (int)x - reach; i <= (int)x + reach; i++) {
            double dx = i + 0.5 - x, dy = j + 0.5 - y, angle = atan2(dy, dx);
            double edge = radius * (1 + wave * sin(lobes * angle + phase));
            double inside = fmin(fmax(edge - hypot(dx, dy) + 0.5, 0), 1);
            cover(picture, i, j, opacity * inside, level);
        }
}

/* A thin line near the vertical, slightly bent, that fades at its ends. */
static void draw_scratch(const DustValues *v, const Picture *picture, uint32_t index)
{
    Random random = random_stream(v->seed, RANDOM_OPERATION, index, SCRATCHES);
    double x = random_range(&random, 0, picture->width);
    double top = random_range(&random, -0.3, 0.9) * picture->height;
    double length = random_range(&random, 0.2, 1.2) * picture->height;
    double slope = random_range(&random, -0.05, 0.05), bend = random_range(&random, -0.03, 0.03);
    double width = fmax(v->size / 3 * random_range(&random, 0.5, 1.5), 0.4);
    double opacity = v->opacity * random_range(&random, 0.3, 1);
    float level = draw_level(v, &random);
    for (int j = (int)fmax(top, 0); j < fmin(top + length, picture->height); j++) {
        double along = (j + 0.5 - top) / length;
        double centre = x + (slope + bend * along) * (j - top);
        double fade = fmin(fmin(along, 1 - along) * 8, 1);
        for (int i = (int)(centre - width - 1); i <= (int)(centre + width + 1); i++) {
            double inside = fmin(fmax(width / 2 - fabs(i + 0.5 - centre) + 0.5, 0), 1);
            cover(picture, i, j, opacity * fade * inside, level);
        }
    }
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    (void)work;
    const DustValues *v = values;
    Random random = random_stream(v->seed, RANDOM_OPERATION, UINT64_MAX, 0);
    int specks = draw_count(v->specks, picture, &random);
    int scratches = draw_count(v->scratches, picture, &random);
    for (int i = 0; i < specks; i++)
        draw_speck(v, picture, (uint32_t)i);
    for (int i = 0; i < scratches; i++)
        draw_scratch(v, picture, (uint32_t)i);
    return 0;
}

const Operation DUST_OPERATION = {
    .name = "dust",
    .help = "specks and scratches",
    .parameters = PARAMETERS,
    .bytes = sizeof(DustValues),
    .apply = apply,
};
