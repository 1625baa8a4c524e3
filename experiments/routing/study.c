/* Makes the labelled pictures, fits the decisions of routing on one half of them and judges the
 * other. Pictures of one source, whatever was done to them, are in the same half.
 *   study LABELS FOLDER... [--fit|--features]
 * --fit writes upscale/route/weights.c to standard output, --features all that is measured. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "data/degrade.h"
#include "data/resample.h"
#include "data/synth.h"
#include "upscale/route/regions.h"
#include "upscale/route/weights.h"

enum { DRAWN = 160, LEAVES = 60, PENALTY = 3 };

/* What is done to a source. */
typedef enum Treatment { AS_IS, HALVED, JPEG, NOISE, NOISE_JPEG, TREATMENTS } Treatment;
static const char *const RECIPES[TREATMENTS] = {
    [JPEG] = "{\"name\":\"jpeg\",\"about\":\"\",\"steps\":[{\"jpeg\":{\"quality\":[20,50],"
             "\"chroma\":[\"420\",\"444\"]}}]}",
    [NOISE] = "{\"name\":\"noise\",\"about\":\"\",\"steps\":[{\"noise\":{\"sigma\":[8,25],"
              "\"colour\":[\"colour\",\"gray\"]}}]}",
    [NOISE_JPEG] = "{\"name\":\"both\",\"about\":\"\",\"steps\":[{\"noise\":{\"sigma\":[8,25],"
                   "\"colour\":[\"colour\",\"gray\"]}},{\"jpeg\":{\"quality\":[20,50]}}]}"};
static const char *const TREATMENT_NAMES[TREATMENTS] = {"", " halved", " jpeg", " noise",
                                                        " noise and jpeg"};

typedef struct Sample {
    char *name;
    const char *path; /* NULL: procedural */
    SynthKind kind;
    uint32_t index;
    Treatment treatment;
    bool held_out;
    unsigned labels; /* bits of the classes that are right */
    RouteFeatures features;
    bool mixed; /* taken for a mixture */
} Sample;

typedef struct Set {
    Sample *items;
    int count, capacity;
} Set;

static unsigned bit(RouteClass class)
{
    return 1u << class;
}

static void add(Set *set, const char *name, Sample sample)
{
    memory_grow(&set->items, set->count, &set->capacity, sizeof *set->items);
    if (sample.treatment >= JPEG)
        sample.labels = bit(ROUTE_DAMAGED);
    sample.name = memory_print("%s%s", name, TREATMENT_NAMES[sample.treatment]);
    set->items[set->count++] = sample;
}

/* The classes that a line "NAME CLASS[,CLASS]" of the labels names. */
static unsigned labels_of(const char *labels, const char *name)
{
    char start[128];
    snprintf(start, sizeof start, "\n%s ", name);
    const char *line = strstr(labels, start);
    if (!line)
        return bit(ROUTE_PHOTO);
    line += strlen(start);
    unsigned bits = 0;
    size_t length = strcspn(line, "\n");
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)length, line);
    for (char *word = strtok(text, ","); word; word = strtok(NULL, ","))
        for (RouteClass c = 0; c < ROUTE_CLASSES; c++)
            bits |= strcmp(word, ROUTE_NAMES[c]) == 0 ? bit(c) : 0;
    return bits;
}

static void add_photographs(Set *set, const char *labels, const FileList *files)
{
    for (int i = 0; i < files->count; i++) {
        char *name = file_stem(files->paths[i]);
        Sample s = {.path = files->paths[i], .index = (uint32_t)i, .held_out = i % 2 == 1};
        for (Treatment t = AS_IS; t <= NOISE; t++) {
            s.labels = labels_of(labels, name);
            s.treatment = t == NOISE && i / 2 % 3 == 2 ? NOISE_JPEG : t;
            add(set, name, s);
        }
        free(name);
    }
}

static void add_procedural(Set *set, SynthKind kind, int count, unsigned labels)
{
    static const char *const NAMES[] = {"leaves", "screenshot", "drawing"};
    for (int i = 0; i < count; i++) {
        char *name = memory_print("%s %d", NAMES[kind], i);
        Sample s = {.kind = kind, .index = (uint32_t)i, .held_out = i % 2 == 1, .labels = labels};
        add(set, name, s);
        s.treatment = JPEG + (Treatment)(i / 2 % 3);
        if (i / 2 % 2 == 0)
            add(set, name, s);
        free(name);
    }
}

static int source_of(const Sample *s, Image *image)
{
    if (s->path)
        return image_read(s->path, image);
    Random random = random_stream(11, RANDOM_TEST, (uint64_t)s->kind, s->index);
    int width = 240 + (int)random_below(&random, 560),
        height = 200 + (int)random_below(&random, 400);
    *image = synth_picture_of(s->kind, 23, s->index, width, height);
    return 0;
}

static int treat(const Sample *s, Image *image)
{
    Image result;
    if (s->treatment == AS_IS)
        return 0;
    if (s->treatment == HALVED) {
        result =
            image_resample(image, (image->width + 1) / 2, (image->height + 1) / 2, KERNEL_BICUBIC);
    } else {
        Degradation *d = degradation_parse(RECIPES[s->treatment], "recipe");
        uint64_t key = degradation_key(5, s->index, s->path ? 9 : (uint32_t)s->kind);
        int failed = !d || degradation_apply(d, image, 1, key, &result) != 0;
        degradation_free(d);
        if (failed)
            return -1;
    }
    image_free(image);
    *image = result;
    return 0;
}

static int measure(void *context, int i)
{
    Sample *s = &((Set *)context)->items[i];
    Image image = {0};
    if (source_of(s, &image) != 0 || treat(s, &image) != 0)
        return -1;
    s->features = route_features(&image);
    RouteRegions regions = route_regions(&image);
    s->mixed = regions.mixed;
    route_regions_free(&regions);
    image_free(&image);
    return 0;
}

/* A photograph at a random place of a screenshot, and what was found of it. */
typedef struct Composition {
    const char *path;
    uint32_t index;
    bool found;
    double right; /* share of pixels whose part is right */
} Composition;

typedef struct Compositions {
    Composition *items;
    int count;
} Compositions;

static int compose(void *context, int i)
{
    enum { WIDTH = 960, HEIGHT = 720 };
    Composition *c = &((Compositions *)context)->items[i];
    Random random = random_stream(12, RANDOM_TEST, 0, c->index);
    Image photo, screen = synth_picture_of(SYNTH_SCREENSHOT, 29, c->index, WIDTH, HEIGHT);
    if (image_read(c->path, &photo) != 0)
        return -1;
    int left = (int)random_below(&random, (uint32_t)(WIDTH - photo.width));
    int top = (int)random_below(&random, (uint32_t)(HEIGHT - photo.height));
    for (int y = 0; y < photo.height; y++)
        memcpy(screen.rgb + 3 * ((size_t)(top + y) * WIDTH + (size_t)left),
               photo.rgb + 3 * (size_t)y * (size_t)photo.width, 3 * (size_t)photo.width);
    RouteRegions r = route_regions(&screen);
    c->found = r.mixed;
    for (int y = 0; y < HEIGHT && r.mixed; y++)
        for (int x = 0; x < WIDTH; x++) {
            bool inside = x >= left && x < left + photo.width && y >= top && y < top + photo.height;
            c->right += (r.shares[y * WIDTH + x] > 127) == inside;
        }
    c->right /= WIDTH * HEIGHT;
    route_regions_free(&r);
    image_free(&photo);
    image_free(&screen);
    return 0;
}

/* Of held-out photographs, and how many pictures of one kind are taken for mixtures. */
static void judge_mixtures(const Set *set, const FileList *files)
{
    Compositions all = {.items = memory_array((size_t)files->count, sizeof *all.items)};
    int found = 0, taken = 0, whole = 0;
    double right = 0;
    for (int i = 1; i < files->count; i += 2)
        all.items[all.count++] = (Composition){.path = files->paths[i], .index = (uint32_t)i};
    if (threads_for(all.count, compose, &all) != 0)
        return;
    for (int i = 0; i < all.count; i++) {
        found += all.items[i].found;
        right += all.items[i].right;
    }
    for (int i = 0; i < set->count; i++) {
        whole += set->items[i].held_out;
        taken += set->items[i].held_out && set->items[i].mixed;
    }
    printf(
        "photographs in screenshots: %d of %d found, with %.1f %% of the pixels right; %d of the "
        "%d pictures above taken for mixtures\n\n",
        found, all.count, found ? 100 * right / found : 0, taken, whole);
    free(all.items);
}

/* 1, 0, or -1 where the question is not for this sample. Damage is asked of photographs and, where
 * damage hides that they are none, of graphics. */
static int answer(RouteQuestion question, const Sample *s)
{
    bool graphic = !s->path && s->kind != SYNTH_LEAVES, damaged = s->labels == bit(ROUTE_DAMAGED);
    if (question == ROUTE_IS_GRAPHIC)
        return graphic;
    if (question == ROUTE_IS_STAINED)
        return graphic ? damaged : -1;
    if (question == ROUTE_IS_DAMAGED)
        return graphic && !damaged ? -1 : damaged;
    if (damaged || graphic != (question == ROUTE_IS_TEXT))
        return -1;
    if (question == ROUTE_IS_TEXT)
        return s->labels == bit(ROUTE_TEXT);
    if (question == ROUTE_IS_PORTRAIT)
        return s->labels == bit(ROUTE_PORTRAIT) ? 1 : s->labels & bit(ROUTE_PORTRAIT) ? -1 : 0;
    return s->labels == bit(ROUTE_TEXTURE) ? 1 : s->labels == bit(ROUTE_PHOTO) ? 0 : -1;
}

/* Solves a x = b of n unknowns, a positive definite; the answer is in b. */
static void solve(int n, double a[][ROUTE_MOST_TERMS + 1], double *b)
{
    for (int k = 0; k < n; k++)
        for (int i = k + 1; i < n; i++) {
            double by = a[i][k] / a[k][k];
            for (int j = k; j < n; j++)
                a[i][j] -= by * a[k][j];
            b[i] -= by * b[k];
        }
    for (int k = n - 1; k >= 0; k--) {
        for (int j = k + 1; j < n; j++)
            b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
}

/* What one decision is fitted on: scaled features of mean 0 and deviation 1, a 1 before them. */
typedef struct Fit {
    int samples, terms;
    double (*rows)[ROUTE_MOST_TERMS + 1];
    double *answers, *weights;
    double mean[ROUTE_MOST_TERMS], deviation[ROUTE_MOST_TERMS], middle[ROUTE_MOST_TERMS];
    double found[ROUTE_MOST_TERMS + 1];
} Fit;

/* The rarer answer counts more, by the fourth root of how much rarer it is: cross-validation within
 * the fitted half finds half of the portraits so instead of a quarter, at the same share of wrong
 * answers. */
static void weigh(Fit *f)
{
    double yes = 0;
    for (int i = 0; i < f->samples; i++)
        yes += f->answers[i];
    for (int i = 0; i < f->samples; i++)
        f->weights[i] = f->answers[i] > 0 ? pow((f->samples - yes) / yes, 0.25) : 1;
}

static void gather(Fit *f, const Set *set, RouteQuestion question)
{
    const RouteDecision *d = &ROUTE_DECISIONS[question];
    for (f->terms = 0; f->terms < ROUTE_MOST_TERMS && d->terms[f->terms].weight != 0;)
        f->terms++;
    f->rows = memory_array((size_t)set->count, sizeof *f->rows);
    f->answers = memory_array((size_t)set->count, sizeof *f->answers);
    f->weights = memory_array((size_t)set->count, sizeof *f->weights);
    for (int i = 0; i < set->count; i++) {
        int a = answer(question, &set->items[i]);
        if (set->items[i].held_out || a < 0)
            continue;
        f->answers[f->samples] = a;
        f->rows[f->samples][0] = 1;
        for (int t = 0; t < f->terms; t++)
            f->rows[f->samples][t + 1] =
                route_feature_scaled(&set->items[i].features, d->terms[t].feature);
        f->samples++;
    }
    weigh(f);
}

static void standardise(Fit *f)
{
    for (int t = 0; t < f->terms; t++) {
        double sum = 0, square = 0, sums[2] = {0}, counts[2] = {0};
        for (int i = 0; i < f->samples; i++) {
            double v = f->rows[i][t + 1];
            sum += v;
            square += v * v;
            sums[f->answers[i] > 0] += v;
            counts[f->answers[i] > 0]++;
        }
        f->mean[t] = sum / f->samples;
        f->deviation[t] = sqrt(fmax(square / f->samples - f->mean[t] * f->mean[t], 1e-12));
        f->middle[t] = (sums[0] / counts[0] + sums[1] / counts[1]) / 2;
        for (int i = 0; i < f->samples; i++)
            f->rows[i][t + 1] = (f->rows[i][t + 1] - f->mean[t]) / f->deviation[t];
    }
}

/* Logistic regression with a quadratic penalty, by Newton's method. */
static void regress(Fit *f)
{
    int n = f->terms + 1;
    for (int round = 0; round < 40; round++) {
        double hessian[ROUTE_MOST_TERMS + 1][ROUTE_MOST_TERMS + 1] = {{0}};
        double gradient[ROUTE_MOST_TERMS + 1] = {0};
        for (int k = 1; k < n; k++) {
            hessian[k][k] = PENALTY;
            gradient[k] = -PENALTY * f->found[k];
        }
        for (int i = 0; i < f->samples; i++) {
            double odds = 0;
            for (int k = 0; k < n; k++)
                odds += f->found[k] * f->rows[i][k];
            double p = 1 / (1 + exp(-odds));
            for (int k = 0; k < n; k++) {
                gradient[k] += f->weights[i] * (f->answers[i] - p) * f->rows[i][k];
                for (int j = 0; j < n; j++)
                    hessian[k][j] +=
                        f->weights[i] * (p * (1 - p) + 1e-6) * f->rows[i][k] * f->rows[i][j];
            }
        }
        solve(n, hessian, gradient);
        for (int k = 0; k < n; k++)
            f->found[k] += gradient[k];
    }
}

static void print_upper(const char *text)
{
    for (; *text; text++)
        putchar(*text >= 'a' && *text <= 'z' ? *text - 32 : *text);
}

static void fit(const Set *set, RouteQuestion question)
{
    const RouteDecision *d = &ROUTE_DECISIONS[question];
    Fit f = {0};
    gather(&f, set, question);
    standardise(&f);
    regress(&f);
    double bias = f.found[0];
    for (int t = 0; t < f.terms; t++)
        bias += f.found[t + 1] / f.deviation[t] * (f.middle[t] - f.mean[t]);
    printf("    [ROUTE_IS_");
    print_upper(d->name);
    printf("] = {\"%s\",\n        %.4f,\n        {", d->name, bias);
    for (int t = 0; t < f.terms; t++) {
        printf("%s{FEATURE_", t ? ",\n         " : "");
        print_upper(route_feature_name(d->terms[t].feature));
        printf(", %.4f, %.4f}", f.found[t + 1] / f.deviation[t], f.middle[t]);
    }
    printf("}},\n");
    free(f.rows);
    free(f.answers);
    free(f.weights);
}

static void write_weights(const Set *set)
{
    puts("/* Made by experiments/routing/run.sh --fit: logistic regressions on the half of its "
         "labelled\n"
         " * pictures that are not judged. The terms are chosen by hand, the numbers are not. */\n"
         "#include \"upscale/route/weights.h\"\n\n"
         "const RouteDecision ROUTE_DECISIONS[ROUTE_QUESTIONS] = {");
    for (RouteQuestion q = 0; q < ROUTE_QUESTIONS; q++)
        fit(set, q);
    puts("};");
}

static void print_labels(unsigned labels)
{
    const char *before = "";
    for (RouteClass c = 0; c < ROUTE_CLASSES; c++)
        if (labels & bit(c)) {
            printf("%s%s", before, ROUTE_NAMES[c]);
            before = " or ";
        }
}

/* A photograph at half its size would count twice: those are for fitting alone. */
static bool is_judged(const Sample *s)
{
    return s->treatment != HALVED;
}

typedef struct Count {
    int right, all;
} Count;

/* One row of the table. */
static Count print_row(const Set *set, unsigned labels, bool held_out)
{
    int counts[ROUTE_CLASSES] = {0};
    Count c = {0};
    for (int i = 0; i < set->count; i++) {
        const Sample *s = &set->items[i];
        if (!is_judged(s) || s->held_out != held_out || s->labels != labels)
            continue;
        RouteVerdict v = route_judge(&s->features);
        counts[v.class]++;
        c.all++;
        c.right += (labels & bit(v.class)) != 0;
    }
    if (c.all == 0)
        return c;
    printf("| ");
    print_labels(labels);
    for (RouteClass k = 0; k < ROUTE_CLASSES; k++)
        printf(" | %d", counts[k]);
    printf(" | %d of %d |\n", c.right, c.all);
    return c;
}

static void print_table(const Set *set, bool held_out)
{
    Count all = {0}, single = {0};
    printf("| shown");
    for (RouteClass k = 0; k < ROUTE_CLASSES; k++)
        printf(" | %s", ROUTE_NAMES[k]);
    printf(" | right |\n|---|---|---|---|---|---|---|---|\n");
    double recalls = 0;
    for (unsigned labels = 1; labels < 1u << ROUTE_CLASSES; labels++) {
        Count c = print_row(set, labels, held_out);
        all.right += c.right;
        all.all += c.all;
        if ((labels & (labels - 1)) == 0 && c.all > 0) {
            single.right += c.right;
            single.all += c.all;
            recalls += 100.0 * c.right / c.all / ROUTE_CLASSES;
        }
    }
    printf("\n%s: %.1f %% right of %d; of %d with one class %.1f %%; mean over the classes %.1f "
           "%%\n\n",
           held_out ? "held out" : "fitted on", 100.0 * all.right / all.all, all.all, single.all,
           100.0 * single.right / single.all, recalls);
}

static void print_mistakes(const Set *set)
{
    for (int i = 0; i < set->count; i++) {
        const Sample *s = &set->items[i];
        RouteVerdict v = route_judge(&s->features);
        if (s->held_out && s->mixed)
            printf("- %s: taken for a mixture\n", s->name);
        if (!is_judged(s) || !s->held_out || s->labels & bit(v.class))
            continue;
        printf("- %s, ", s->name);
        print_labels(s->labels);
        printf(": %s (%.0f %%): %s\n", ROUTE_NAMES[v.class], 100 * v.confidence, v.reasons);
    }
}

static void set_free(Set *set)
{
    for (int i = 0; i < set->count; i++)
        free(set->items[i].name);
    free(set->items);
}

/* Every feature of every sample, for trying other terms. */
static void print_features(const Set *set)
{
    printf("name\theld_out\tlabels\tgraphic");
    for (RouteFeature f = 0; f < FEATURE_COUNT; f++)
        printf("\t%s", route_feature_name(f));
    for (int i = 0; i < set->count; i++) {
        const Sample *s = &set->items[i];
        printf("\n%s\t%d\t%u\t%d", s->name, s->held_out, s->labels, answer(ROUTE_IS_GRAPHIC, s));
        for (RouteFeature f = 0; f < FEATURE_COUNT; f++)
            printf("\t%.5f", route_feature_scaled(&s->features, f));
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    const char *last = argv[argc - 1];
    bool fits = strcmp(last, "--fit") == 0, lists = strcmp(last, "--features") == 0;
    FileList files = {0};
    size_t count;
    char *labels = argc > 2 ? (char *)file_read_whole(argv[1], 1 << 20, &count) : NULL;
    for (int i = 2; i < argc - (fits || lists) && labels; i++)
        image_list(argv[i], &files);
    Set set = {0};
    if (labels && !error_pending()) {
        add_photographs(&set, labels, &files);
        add_procedural(&set, SYNTH_SCREENSHOT, DRAWN, bit(ROUTE_TEXT));
        add_procedural(&set, SYNTH_DRAWING, DRAWN, bit(ROUTE_LINE_ART));
        add_procedural(&set, SYNTH_LEAVES, LEAVES, bit(ROUTE_PHOTO) | bit(ROUTE_TEXTURE));
        threads_for(set.count, measure, &set);
    }
    if (error_pending() || !labels) {
        fprintf(stderr, "study: %s\n",
                error_pending() ? error_message()
                                : "usage: study LABELS FOLDER... [--fit|--features]");
        return 1;
    }
    if (fits) {
        write_weights(&set);
    } else if (lists) {
        print_features(&set);
    } else {
        print_table(&set, true);
        judge_mixtures(&set, &files);
        print_mistakes(&set);
        putchar('\n');
        print_table(&set, false);
    }
    set_free(&set);
    file_list_free(&files);
    free(labels);
    return 0;
}
