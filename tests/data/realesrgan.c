/* The `realesrgan` recipe makes what the published pipeline makes: LR's mean, deviation and
 * spectrum against fixtures/realesrgan_lr.json (which says how each is measured), from the same
 * crops of the same photographs.
 *
 * Differences by design, which the bounds have to bear:
 * - the published pipeline degrades crops of 400 px and keeps 256 px of them (its dataset pads or
 *   crops to 400, whatever the settings); ours degrade the tile itself, mirrored at its edge. The
 *   fixture was made from 256 px crops, so that both see the same pixels;
 * - its batches share the factor and the mode of each resize, whether noise is Gaussian or Poisson,
 *   the order of the last steps, and one plane of gray Gaussian noise; ours draw all of it for each
 *   pair. Its pool of 180 pairs, which shuffles them, is therefore not needed;
 * - its JPEG is differentiable arithmetic in floats: real-valued quality, no 8 bits before or
 * after, pixels filled with black up to a multiple of 16, chroma averaged and repeated. Ours is
 * libjpeg- turbo: whole qualities, 8 bits, edges repeated, chroma interpolated;
 * - the target is rounded to 8 bits before LR is made from it, as it is stored;
 * - its discriminator sees the HR that was not sharpened; a pair store holds the target alone. */
#include <stdio.h>

#include "core/error.h"
#include "core/json.h"
#include "core/threads.h"
#include "data/degrade.h"
#include "tests/unit.h"

enum { HR = 256, LR = 64, SCALE = 4, RINGS = 16, STATISTICS = 4 + RINGS, DRAWS = 8 };

/* How far a mean may be off beyond three standard errors of the two: levels, then decades of power.
 * And how far the spread of single samples may be off, as a share. The largest differences come of
 * the black that the published JPEG fills pictures with, which bleeds into chroma at the edge: our
 * blue is 0.25 levels darker and spreads 10 % less. */
static const double MOST_LEVELS = 0.3, MOST_DECADES = 0.02, MOST_SPREAD = 0.15;

typedef struct Samples {
    FileList files;
    Degradation *degradation;
    double (*values)[DRAWS][STATISTICS]; /* of each photograph */
    double *sharpened;
} Samples;

static double luma_of(const Picture *p, size_t i)
{
    return 0.299 * p->planes[0][i] + 0.587 * p->planes[1][i] + 0.114 * p->planes[2][i];
}

typedef struct Complex {
    double re, im;
} Complex;

static Complex product(Complex a, Complex b)
{
    return (Complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* In place, `step` apart; radix 2. turns[k] is e^(-2 pi i k / LR). */
static void transform(const Complex *turns, Complex *line, int step)
{
    Complex sorted[LR];
    for (int i = 0; i < LR; i++) {
        int reversed = 0;
        for (int bit = 1, left = i; bit < LR; bit *= 2, left /= 2)
            reversed = 2 * reversed + left % 2;
        sorted[reversed] = line[i * step];
    }
    for (int half = 1; half < LR; half *= 2)
        for (int first = 0; first < LR; first += 2 * half)
            for (int k = 0; k < half; k++) {
                Complex *a = &sorted[first + k], *b = &sorted[first + k + half];
                Complex t = product(*b, turns[k * (LR / 2 / half)]);
                *b = (Complex){a->re - t.re, a->im - t.im};
                *a = (Complex){a->re + t.re, a->im + t.im};
            }
    for (int i = 0; i < LR; i++)
        line[i * step] = sorted[i];
}

static void measure_rings(const double *luma, double mean, double *rings)
{
    static _Thread_local Complex field[LR * LR];
    double energy = 0, sums[RINGS] = {0}, window[LR];
    int counts[RINGS] = {0};
    Complex turns[LR];
    for (int i = 0; i < LR; i++) {
        turns[i] = (Complex){cos(2 * M_PI * i / LR), -sin(2 * M_PI * i / LR)};
        window[i] = 0.5 - 0.5 * turns[i].re;
    }
    for (int y = 0; y < LR; y++)
        for (int x = 0; x < LR; x++) {
            double weight = window[x] * window[y];
            field[y * LR + x] = (Complex){(luma[y * LR + x] - mean) * weight, 0};
            energy += weight * weight;
        }
    for (int i = 0; i < LR; i++)
        transform(turns, field + i * LR, 1);
    for (int i = 0; i < LR; i++)
        transform(turns, field + i, LR);
    for (int y = 0; y < LR; y++)
        for (int x = 0; x < LR; x++) {
            double across = x < LR / 2 ? x : x - LR, down = y < LR / 2 ? y : y - LR;
            int ring = (int)(hypot(across, down) * RINGS / (LR / 2));
            if (ring >= RINGS)
                continue;
            Complex f = field[y * LR + x];
            sums[ring] += (f.re * f.re + f.im * f.im) / energy;
            counts[ring]++;
        }
    for (int r = 0; r < RINGS; r++)
        rings[r] = log10(0.01 + sums[r] / counts[r]);
}

static void measure(const Picture *lr, double *statistics)
{
    static _Thread_local double luma[LR * LR];
    double sum = 0, squares = 0;
    for (int c = 0; c < 3; c++) {
        statistics[c] = 0;
        for (int i = 0; i < LR * LR; i++)
            statistics[c] += lr->planes[c][i] / (double)(LR * LR);
    }
    for (size_t i = 0; i < LR * LR; i++) {
        luma[i] = luma_of(lr, i);
        sum += luma[i];
    }
    double mean = sum / (LR * LR);
    for (size_t i = 0; i < LR * LR; i++)
        squares += (luma[i] - mean) * (luma[i] - mean);
    statistics[3] = sqrt(squares / (LR * LR));
    measure_rings(luma, mean, statistics + 4);
}

static double mean_difference(const Picture *a, const Picture *b)
{
    double sum = 0;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < picture_pixels(a); i++)
            sum += fabs((double)a->planes[c][i] - b->planes[c][i]);
    return sum / 3 / (double)picture_pixels(a);
}

static int degrade_photo(void *context, int index)
{
    Samples *s = context;
    Image photo;
    if (image_read(s->files.paths[index], &photo) != 0)
        return -1;
    Workspace *work = workspace_new();
    Degrader *degrader = degrader_new(s->degradation, SCALE);
    Picture hr = picture_take(work, HR, HR);
    picture_from_image(&photo, (photo.width - HR) / 2, (photo.height - HR) / 2, &hr);
    image_free(&photo);
    int result = 0;
    for (int draw = 0; result == 0 && draw < DRAWS; draw++) {
        DegradedPair pair;
        uint64_t key = degradation_key(0, (uint64_t)index, (uint32_t)draw);
        result = degrader_run(degrader, &hr, key, 8, &pair);
        if (result != 0)
            break;
        measure(&pair.lr, s->values[index][draw]);
        s->sharpened[index] = mean_difference(&pair.hr, &hr);
    }
    degrader_free(degrader);
    workspace_free(work);
    return result;
}

/* The mean of one statistic, and its standard error with the photographs held fixed. */
static double mean_of(const Samples *s, int statistic, double *error, double *spread)
{
    double sum = 0, variance = 0;
    for (int i = 0; i < s->files.count; i++) {
        double mean = 0, squares = 0;
        for (int d = 0; d < DRAWS; d++)
            mean += s->values[i][d][statistic] / DRAWS;
        for (int d = 0; d < DRAWS; d++)
            squares += pow(s->values[i][d][statistic] - mean, 2);
        sum += mean;
        variance += squares / (DRAWS - 1) / DRAWS;
    }
    *error = sqrt(variance) / s->files.count;
    *spread = sqrt(variance * DRAWS / s->files.count);
    return sum / s->files.count;
}

static double number_of(const cJSON *oracle, const char *key, int index)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(oracle, key), index)->valuedouble;
}

static void compare_all(const Samples *s, const cJSON *oracle)
{
    for (int i = 0; i < STATISTICS; i++) {
        double error, spread, mean = mean_of(s, i, &error, &spread),
                              theirs = number_of(oracle, "mean", i);
        double errors = hypot(error, number_of(oracle, "error", i));
        CHECK_RELATIVE(spread, number_of(oracle, "spread", i), MOST_SPREAD);
        CHECK_NEAR(mean, theirs, 3 * errors + (i < 4 ? MOST_LEVELS : MOST_DECADES));
    }
    double sharpened = 0;
    for (int i = 0; i < s->files.count; i++)
        sharpened += s->sharpened[i] / s->files.count;
    CHECK_NEAR(sharpened, cJSON_GetObjectItem(oracle, "sharpened")->valuedouble, 0.05);
}

TEST(realesrgan_makes_the_published_pictures)
{
    const char *folder = unit_shared("photos/train");
    Samples s = {0};
#ifdef __SANITIZE_ADDRESS__
    folder = NULL; /* takes ten minutes there, of operations that other tests run */
#endif
    if (!folder) {
        unit_skip("no photographs, or under AddressSanitizer");
        return;
    }
    cJSON *oracle = json_read(unit_fixture("realesrgan_lr.json"));
    REQUIRE(oracle && image_list(folder, &s.files) == 0);
    REQUIRE(s.files.count == cJSON_GetObjectItem(oracle, "photographs")->valueint);
    s.degradation = degradation_open("realesrgan");
    REQUIRE(s.degradation != NULL);
    s.values = calloc((size_t)s.files.count, sizeof *s.values);
    s.sharpened = calloc((size_t)s.files.count, sizeof *s.sharpened);
    CHECK(threads_for(s.files.count, degrade_photo, &s) == 0);
    CHECK_NO_ERROR();
    compare_all(&s, oracle);
    free(s.values);
    free(s.sharpened);
    degradation_free(s.degradation);
    file_list_free(&s.files);
    cJSON_Delete(oracle);
}
