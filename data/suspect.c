#include "data/suspect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/spectrum.h"
#include "data/suspect_parts.h"

static double natural_logarithm(double power)
{
    return log(power + 0.04); /* below this lies what rounding to levels adds */
}

/* Mean of log power between two shares of the finest frequency; *where is its mean frequency. */
static double band(const double *power, double low, double high, double *where)
{
    double sum = 0, frequencies = 0;
    int count = 0;
    for (int i = 1; i < SPECTRUM_BANDS; i++) {
        double f = (double)i / (SPECTRUM_BANDS - 1);
        if (f < low - 1e-9 || f > high + 1e-9)
            continue;
        sum += natural_logarithm(power[i]);
        frequencies += f;
        count++;
    }
    *where = frequencies / count;
    return sum / count;
}

/* The steepest fall of one axis. */
static double steepest_fall(const double *power, double *cutoff)
{
    double steepest = 0;
    for (double c = 0.2; c < 0.9; c += 0.02) {
        double below, above;
        double low = band(power, 0.75 * c, 0.95 * c, &below);
        double high = band(power, fmin(1.15 * c, 0.95), fmin(1.6 * c, 1), &above);
        double fall = low - high - 2 * log(above / below);
        if (fall > steepest) {
            steepest = fall;
            *cutoff = c;
        }
    }
    return steepest;
}

/* Both axes must fall; the finer one's cut-off counts. */
static void examine_spectrum(const Plane *luma, Suspicion *s)
{
    double power[SPECTRUM_BANDS];
    s->cutoff = 1;
    if (luma->width < SPECTRUM_LENGTH || luma->height < SPECTRUM_LENGTH)
        return;
    s->cutoff = 0;
    for (int axis = 0; axis < 2; axis++) {
        double cutoff = 1;
        plane_spectrum(luma, axis == 1, power);
        double fall = steepest_fall(power, &cutoff);
        s->fall = axis == 0 || fall < s->fall ? fall : s->fall;
        s->cutoff = cutoff > s->cutoff ? cutoff : s->cutoff;
    }
}

double plane_texture(const Plane *luma)
{
    double sum = 0;
    size_t width = (size_t)luma->width;
    for (size_t y = 1; y < (size_t)luma->height; y++) {
        const float *row = luma->values + y * width;
        float here = 0;
        for (size_t x = 1; x < width; x++)
            here += fabsf(row[x] - row[x - 1]) + fabsf(row[x] - (row - width)[x]);
        sum += here;
    }
    double count = ((double)luma->width - 1) * ((double)luma->height - 1);
    return count > 0 ? sum / 2 / count : 0;
}

Suspicion plane_examine(const Plane *luma)
{
    Suspicion s = {.texture = plane_texture(luma)};
    examine_spectrum(luma, &s);
    suspect_blocks(luma, &s);
    suspect_noise(luma, &s);
    suspect_motion(luma, &s);
    return s;
}

Suspicion image_examine(const Image *image)
{
    Plane luma = image_luma(image);
    Suspicion suspicion = plane_examine(&luma);
    plane_free(&luma);
    return suspicion;
}

/* What is flat has no spectrum to speak of. */
static bool is_empty(const Suspicion *s)
{
    return s->fall > SUSPECT_FALL && s->cutoff < SUSPECT_CUTOFF && s->texture >= SUSPECT_TEXTURE;
}

static void say_empty(const Suspicion *s, char *text, size_t size)
{
    snprintf(text, size, "nothing above %.0f %% of its resolution, enlarged or blurred before",
             100 * s->cutoff);
}

static bool is_compressed(const Suspicion *s)
{
    return s->blockiness > SUSPECT_BLOCKINESS;
}

static void say_compressed(const Suspicion *s, char *text, size_t size)
{
    snprintf(text, size, "compressed so that 8x8 blocks show (%.2f)", s->blockiness);
}

static bool is_noisy(const Suspicion *s)
{
    return s->noise > SUSPECT_NOISE && s->whiteness > SUSPECT_WHITENESS;
}

static void say_noisy(const Suspicion *s, char *text, size_t size)
{
    snprintf(text, size, "noisy, sigma about %.*f levels", s->noise < 5, s->noise);
}

static bool is_moved(const Suspicion *s)
{
    return s->motion > SUSPECT_MOTION && s->motion_likeness > SUSPECT_LIKENESS;
}

static void say_moved(const Suspicion *s, char *text, size_t size)
{
    snprintf(text, size, "motion-blurred along %.0f degrees over about %.0f px", s->motion_angle,
             s->motion_length);
}

static bool is_flat(const Suspicion *s)
{
    return s->texture < SUSPECT_TEXTURE;
}

static void say_flat(const Suspicion *s, char *text, size_t size)
{
    snprintf(text, size, "nearly flat, neighbours differ by %.1f levels", s->texture);
}

static const struct {
    bool (*is)(const Suspicion *);
    void (*say)(const Suspicion *, char *, size_t);
    const char *consequences[SUSPECT_USES];
} KINDS[SUSPICION_KINDS] = {
    [SUSPICION_EMPTY] = {is_empty,
                         say_empty,
                         {"the model will take the softness for smooth things; shrink it to that "
                          "size first",
                          "it has no fine detail itself, so smoothing looks right"}},
    [SUSPICION_COMPRESSED] = {is_compressed,
                              say_compressed,
                              {"the model will treat the blocks and their ringing as texture",
                               "the blocks and their ringing count as true texture"}},
    [SUSPICION_NOISY] = {is_noisy,
                         say_noisy,
                         {"noise will be sharpened or smoothed as if it were detail",
                          "its noise counts as detail, which no model can know"}},
    [SUSPICION_MOVED] = {is_moved,
                         say_moved,
                         {"the model will treat the streaks as edges",
                          "the streaks count as true edges, and sharp edges as invented"}},
    [SUSPICION_FLAT] = {is_flat,
                        say_flat,
                        {"there is little in it for a model to do",
                         "it tells little about detail"}},
};

bool suspicion_has(const Suspicion *s, SuspicionKind kind)
{
    return KINDS[kind].is(s);
}

void suspicion_cause(const Suspicion *s, SuspicionKind kind, char *text, size_t size)
{
    KINDS[kind].say(s, text, size);
}

const char *suspicion_consequence(SuspicionKind kind, SuspectUse use)
{
    return KINDS[kind].consequences[use];
}

int suspicion_explain(const Suspicion *s, SuspectUse use, char *text, size_t size)
{
    int count = 0;
    for (SuspicionKind kind = 0; kind < SUSPICION_KINDS; kind++) {
        char cause[128];
        size_t used = strlen(text);
        if (!suspicion_has(s, kind))
            continue;
        suspicion_cause(s, kind, cause, sizeof cause);
        snprintf(text + used, size - used, "%s%s: %s", used > 0 ? "; " : "", cause,
                 suspicion_consequence(kind, use));
        count++;
    }
    return count;
}

int suspicion_describe(const Suspicion *s, char *text, size_t size)
{
    int count = 0;
    for (SuspicionKind kind = 0; kind < SUSPICION_KINDS; kind++) {
        size_t used = strlen(text);
        if (!suspicion_has(s, kind))
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s", used > 0 ? "; " : "");
        if (used < size)
            suspicion_cause(s, kind, text + used, size - used);
        count++;
    }
    return count;
}
