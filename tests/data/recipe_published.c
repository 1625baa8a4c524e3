/* The presets `realesrgan` and `bsrgan` draw what the published code draws: 5,000 pairs' values,
 * against the numbers of the paper's configuration (train_realesrgan_x4plus.yml) and of its code.
 */
#include <stdio.h>

#include "core/error.h"
#include "data/degrade/inside.h"
#include "data/degrade/operations.h"
#include "data/degrade/parameter.h"
#include "tests/data/statistics.h"
#include "tests/unit.h"

enum {
    DRAWS = 5000,
    KERNELS = 7,
    RADII = 8,
    FIRST_RADIUS = 3,
    QUALITIES = 66,
    FIRST_QUALITY = 30,
    ORDERS = 180 /* of b b d l n j with d before l: 6! / 2 / 2 */
};

static double value_of(const DrawnList *drawn, int index, const char *name)
{
    return parameter_get(parameter_find(drawn->items[index].operation, name),
                         drawn_values(drawn, index));
}

static bool is(const DrawnList *drawn, int index, const Operation *operation)
{
    return index < drawn->count && drawn->items[index].operation == operation;
}

/* What was drawn by all blurs of one place in the recipe. */
typedef struct Blurs {
    int total, kinds[KERNELS], radii[RADII], sinc_radii[RADII], pointed;
    Numbers sigma, sigma_y, angle, generalized, plateau, small_sinc, large_sinc;
} Blurs;

/* In the order of blur's choices. */
static const double KERNEL_WEIGHTS[KERNELS] = {0.9 * 0.45, 0.9 * 0.25, 0.9 * 0.12, 0.9 * 0.03,
                                               0.9 * 0.12, 0.9 * 0.03, 0.1};
enum { ANISO = 1, GENERALIZED_ISO, GENERALIZED_ANISO, PLATEAU_ISO, PLATEAU_ANISO, SINC };

static void note_blur(Blurs *b, const DrawnList *drawn, int at)
{
    int kind = (int)value_of(drawn, at, "kind"), radius = (int)value_of(drawn, at, "radius");
    REQUIRE(kind <= SINC && radius >= FIRST_RADIUS && radius < FIRST_RADIUS + RADII);
    CHECK(value_of(drawn, at, "channels") == 0);
    b->total++;
    b->kinds[kind]++;
    b->radii[radius - FIRST_RADIUS]++;
    if (kind == SINC) {
        b->sinc_radii[radius - FIRST_RADIUS]++;
        numbers_add(2 * radius + 1 < 13 ? &b->small_sinc : &b->large_sinc,
                    value_of(drawn, at, "cutoff"));
        return;
    }
    numbers_add(&b->sigma, value_of(drawn, at, "sigma"));
    if (kind == ANISO || kind == GENERALIZED_ANISO || kind == PLATEAU_ANISO) {
        numbers_add(&b->sigma_y, value_of(drawn, at, "sigma_y"));
        numbers_add(&b->angle, value_of(drawn, at, "angle"));
    }
    double beta = value_of(drawn, at, "beta");
    if (kind == GENERALIZED_ISO || kind == GENERALIZED_ANISO)
        numbers_add(&b->generalized, beta);
    if ((kind == PLATEAU_ISO || kind == PLATEAU_ANISO) && beta == 1)
        b->pointed++;
    else if (kind == PLATEAU_ISO || kind == PLATEAU_ANISO)
        numbers_add(&b->plateau, beta);
}

static double EQUAL[ORDERS];
__attribute__((constructor)) static void fill_equal(void)
{
    for (int i = 0; i < ORDERS; i++)
        EQUAL[i] = 1;
}

static void check_blurs(Blurs *b, double most_sigma)
{
    Uniform sigma = {1, 0.2, most_sigma};
    check_counts("kernels", b->kinds, KERNEL_WEIGHTS, KERNELS);
    check_counts("radii", b->radii, EQUAL, RADII);
    check_counts("radii of sinc", b->sinc_radii, EQUAL, RADII);
    check_numbers("sigma", &b->sigma, &sigma, 1, 0);
    check_numbers("sigma_y", &b->sigma_y, &sigma, 1, 0);
    check_numbers("angle", &b->angle, (Uniform[]){{1, -180, 180}}, 1, 0);
    check_numbers("beta", &b->generalized, (Uniform[]){{1, 0.5, 1}, {1, 1, 4}}, 2, 0);
    int plateaus = b->pointed + b->plateau.count;
    check_share("plateaus of beta 1", b->pointed, plateaus, 0.5);
    check_numbers("beta of plateaus", &b->plateau, (Uniform[]){{1, 1, 2}}, 1, 0);
    check_numbers("cutoff below 13 px", &b->small_sinc, (Uniform[]){{1, M_PI / 3, M_PI}}, 1, 0);
    check_numbers("cutoff from 13 px", &b->large_sinc, (Uniform[]){{1, M_PI / 5, M_PI}}, 1, 0);
}

typedef struct Resizes {
    int kernels[3], ways[3]; /* up, down, keep */
    Numbers up, down;
} Resizes;

static void note_kernel(int kernels[3], const DrawnList *drawn, int at)
{
    static const char *const NAMES[] = {"area", "bilinear", "bicubic75"};
    const Parameter *kernel = parameter_find(drawn->items[at].operation, "kernel");
    for (int i = 0; i < 3; i++)
        kernels[i] += value_of(drawn, at, "kernel") == choice_index(kernel->choices, NAMES[i]);
    const Parameter *sampling = parameter_find(drawn->items[at].operation, "sampling");
    CHECK(value_of(drawn, at, "sampling") == choice_index(sampling->choices, "plain"));
}

static void note_resize(Resizes *r, const DrawnList *drawn, int at, const char *of)
{
    const Parameter *base = parameter_find(drawn->items[at].operation, "of");
    double factor = value_of(drawn, at, "factor");
    CHECK(value_of(drawn, at, "of") == choice_index(base->choices, of));
    note_kernel(r->kernels, drawn, at);
    r->ways[factor > 1 ? 0 : factor < 1 ? 1 : 2]++;
    if (factor != 1)
        numbers_add(factor > 1 ? &r->up : &r->down, factor);
}

static void check_resizes(Resizes *r, const double ways[3], double least, double most)
{
    check_counts("resize kernels", r->kernels, EQUAL, 3);
    check_counts("up, down, keep", r->ways, ways, 3);
    check_numbers("up", &r->up, (Uniform[]){{1, 1, most}}, 1, 0);
    check_numbers("down", &r->down, (Uniform[]){{1, least, 1}}, 1, 0);
}

typedef struct Noises {
    int kinds[2], gray;
    Numbers sigma, scale;
} Noises;

static void note_noise(Noises *n, const DrawnList *drawn, int at)
{
    int kind = (int)value_of(drawn, at, "kind");
    REQUIRE(kind == 0 || kind == 1);
    n->kinds[kind]++;
    n->gray += value_of(drawn, at, "colour") == 1;
    if (kind == 0)
        numbers_add(&n->sigma, value_of(drawn, at, "sigma"));
    else
        numbers_add(&n->scale, value_of(drawn, at, "scale"));
}

static void check_noises(Noises *n, double most_sigma, double most_scale)
{
    check_counts("Gaussian, Poisson", n->kinds, EQUAL, 2);
    check_share("gray noise", n->gray, n->kinds[0] + n->kinds[1], 0.4);
    check_numbers("noise sigma", &n->sigma, (Uniform[]){{1, 1, most_sigma}}, 1, 0);
    check_numbers("noise scale", &n->scale, (Uniform[]){{1, 0.05, most_scale}}, 1, 0);
}

static void note_jpeg(int *qualities, const DrawnList *drawn, int at)
{
    int quality = (int)value_of(drawn, at, "quality");
    REQUIRE(quality >= FIRST_QUALITY && quality < FIRST_QUALITY + QUALITIES);
    CHECK(value_of(drawn, at, "chroma") == 0);
    qualities[quality - FIRST_QUALITY]++;
}

typedef struct Published {
    Blurs blurs[2];
    Resizes resizes[2];
    Noises noises[2];
    int qualities[2][QUALITIES];
    int last_jpegs, last_sincs, last_kernels[3], last_radii[RADII];
    Numbers last_cutoff;
} Published;

static int note_last_sinc(Published *p, const DrawnList *drawn, int at)
{
    if (!is(drawn, at, &BLUR_OPERATION))
        return at;
    REQUIRE(value_of(drawn, at, "kind") == SINC);
    p->last_sincs++;
    p->last_radii[(int)value_of(drawn, at, "radius") - FIRST_RADIUS]++;
    numbers_add(&p->last_cutoff, value_of(drawn, at, "cutoff"));
    return at + 1;
}

/* [resize, sinc?, JPEG] or [JPEG, resize, sinc?]. */
static void note_last(Published *p, const DrawnList *drawn, int at)
{
    bool jpeg_first = is(drawn, at, &JPEG_OPERATION);
    p->last_jpegs += !jpeg_first;
    if (jpeg_first)
        note_jpeg(p->qualities[1], drawn, at++);
    REQUIRE(is(drawn, at, &RESIZE_OPERATION));
    CHECK(value_of(drawn, at, "factor") == 1);
    note_kernel(p->last_kernels, drawn, at++);
    at = note_last_sinc(p, drawn, at);
    if (!jpeg_first) {
        REQUIRE(is(drawn, at, &JPEG_OPERATION));
        note_jpeg(p->qualities[1], drawn, at++);
    }
    CHECK(at == drawn->count);
}

static void note_pair(Published *p, const DrawnList *drawn)
{
    int at = 0;
    REQUIRE(is(drawn, 0, &BLUR_OPERATION) && is(drawn, 1, &RESIZE_OPERATION));
    note_blur(&p->blurs[0], drawn, at++);
    note_resize(&p->resizes[0], drawn, at++, "current");
    REQUIRE(is(drawn, at, &NOISE_OPERATION) && is(drawn, at + 1, &JPEG_OPERATION));
    note_noise(&p->noises[0], drawn, at++);
    note_jpeg(p->qualities[0], drawn, at++);
    if (is(drawn, at, &BLUR_OPERATION))
        note_blur(&p->blurs[1], drawn, at++);
    REQUIRE(is(drawn, at, &RESIZE_OPERATION) && is(drawn, at + 1, &NOISE_OPERATION));
    note_resize(&p->resizes[1], drawn, at++, "lr");
    note_noise(&p->noises[1], drawn, at++);
    note_last(p, drawn, at);
}

TEST(realesrgan_draws_the_published_distributions)
{
    Degradation *d = degradation_open("realesrgan");
    REQUIRE(d != NULL);
    Published p = {0};
    DrawnList drawn = {0};
    for (uint64_t k = 0; k < DRAWS; k++) {
        drawn_clear(&drawn);
        recipe_draw(degradation_steps(d), degradation_key(1, k, 0), &drawn);
        note_pair(&p, &drawn);
    }
    check_blurs(&p.blurs[0], 3);
    check_blurs(&p.blurs[1], 1.5);
    check_share("second blur", p.blurs[1].total, DRAWS, 0.8);
    check_resizes(&p.resizes[0], (double[]){0.2, 0.7, 0.1}, 0.15, 1.5);
    check_resizes(&p.resizes[1], (double[]){0.3, 0.4, 0.3}, 0.3, 1.2);
    check_noises(&p.noises[0], 30, 3);
    check_noises(&p.noises[1], 25, 2.5);
    check_counts("first JPEG", p.qualities[0], EQUAL, QUALITIES);
    check_counts("second JPEG", p.qualities[1], EQUAL, QUALITIES);
    check_share("JPEG last", p.last_jpegs, DRAWS, 0.5);
    check_share("last sinc", p.last_sincs, DRAWS, 0.8);
    check_counts("last resize", p.last_kernels, EQUAL, 3);
    check_counts("radii of the last sinc", p.last_radii, EQUAL, RADII);
    check_numbers("cutoff of the last sinc", &p.last_cutoff, (Uniform[]){{1, M_PI / 3, M_PI}}, 1,
                  0);
    drawn_free(&drawn);
    degradation_free(d);
}

TEST(realesrgan_sharpens_its_target_as_published)
{
    Degradation *d = degradation_open("realesrgan");
    REQUIRE(d != NULL);
    DrawnList drawn = {0};
    recipe_draw(degradation_target(d), 1, &drawn);
    char text[256];
    drawn_print(&drawn, text, 0);
    CHECK(strcmp(text,
                 "[{\"sharpen\":{\"kind\":\"masked\",\"amount\":0.5,\"sigma\":8,\"radius\":25,"
                 "\"threshold\":10}}]") == 0);
    drawn_free(&drawn);
    degradation_free(d);
}

/* What the steps of one BSRGAN pair were, in order: b(lur), d(own) by a random factor, n(oise),
 * j(peg), l(ast resize). Its blurred nearest sampling is a `d`. */
typedef struct Order {
    char steps[16];
    int count, downs, jpegs;
} Order;

static Order order_of(const DrawnList *drawn)
{
    Order o = {0};
    const Parameter *of = parameter_find(&RESIZE_OPERATION, "of");
    for (int i = 0; i < drawn->count; i++) {
        bool resize = is(drawn, i, &RESIZE_OPERATION);
        bool last = resize && value_of(drawn, i, "of") == choice_index(of->choices, "lr");
        o.downs += resize && !last;
        o.jpegs += is(drawn, i, &JPEG_OPERATION);
        if (resize && value_of(drawn, i, "kernel") == 0)
            o.count--; /* the blur before it is part of it */
        o.steps[o.count++] = last                             ? 'l'
                             : resize                         ? 'd'
                             : is(drawn, i, &BLUR_OPERATION)  ? 'b'
                             : is(drawn, i, &NOISE_OPERATION) ? 'n'
                                                              : 'j';
        REQUIRE(o.count < 15);
    }
    return o;
}

typedef struct Orders {
    char names[ORDERS][8];
    int counts[ORDERS], count;
} Orders;

static void note_order(Orders *orders, const char *steps)
{
    int i = 0;
    while (i < orders->count && memcmp(orders->names[i], steps, 6) != 0)
        i++;
    if (i == orders->count) {
        REQUIRE(orders->count < ORDERS);
        memcpy(orders->names[orders->count++], steps, 6);
    }
    orders->counts[i]++;
}

TEST(bsrgan_shuffles_its_steps_evenly)
{
    Degradation *d = degradation_open("bsrgan");
    REQUIRE(d != NULL);
    Orders orders = {0};
    DrawnList drawn = {0};
    int halves = 0, jpegs = 0;
    for (uint64_t k = 0; k < DRAWS; k++) {
        drawn_clear(&drawn);
        recipe_draw(degradation_steps(d), degradation_key(2, k, 0), &drawn);
        Order o = order_of(&drawn);
        halves += o.downs == 2;
        jpegs += o.jpegs == 2;
        CHECK(o.steps[o.count - 1] == 'j');
        CHECK(strchr(o.steps, 'd') < strchr(o.steps, 'l'));
        if (o.jpegs == 2)
            note_order(&orders, o.steps + (o.downs == 2));
    }
    CHECK(orders.count == ORDERS);
    check_counts("orders", orders.counts, EQUAL, ORDERS);
    check_share("halved first", halves, DRAWS, 0.25);
    check_share("JPEG before the last", jpegs, DRAWS, 0.9);
    drawn_free(&drawn);
    degradation_free(d);
}

/* The published code draws variances of the oval kernels and divisors of the factors evenly; the
 * recipe has pieces that are even themselves, at most 0.02 off. */
TEST(bsrgan_draws_sizes_close_to_the_published_ones)
{
    Degradation *d = degradation_open("bsrgan-x2");
    REQUIRE(d != NULL);
    Numbers variances = {0}, divisors = {0};
    DrawnList drawn = {0};
    for (uint64_t k = 0; k < DRAWS; k++) {
        drawn_clear(&drawn);
        recipe_draw(degradation_steps(d), degradation_key(3, k, 0), &drawn);
        for (int i = 0; i < drawn.count; i++) {
            if (is(&drawn, i, &BLUR_OPERATION) && value_of(&drawn, i, "kind") == ANISO)
                numbers_add(&variances, pow(value_of(&drawn, i, "sigma"), 2));
            if (is(&drawn, i, &RESIZE_OPERATION) && value_of(&drawn, i, "of") == 0 &&
                value_of(&drawn, i, "kernel") != 0)
                numbers_add(&divisors, 1 / value_of(&drawn, i, "factor"));
        }
    }
    check_numbers("variances", &variances, (Uniform[]){{1, 0, 6}}, 1, 0.02);
    check_numbers("divisors", &divisors, (Uniform[]){{1, 1, 4}}, 1, 0.02);
    drawn_free(&drawn);
    degradation_free(d);
}
