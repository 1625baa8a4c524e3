/* What the fused reader computes between convolutions, against the tensor library and its
 * gradients. */
#include "tensor/kernels/pointwise.h"
#include "core/error.h"
#include "core/threads.h"
#include "tensor/kernels/bf16.h"
#include "tests/unit.h"

/* ---- Maps and tensors of the same values ------------------------------------------------------
 */

typedef struct Extents {
    int64_t n, h, w, channels;
} Extents;

enum { GAP = 5, MARK = 77 }; /* what lies between the pixels of a slice must stay */

static float value_of(const Map *m, int64_t i)
{
    return m->type == TENSOR_BF16 ? bf16_widen(((uint16_t *)m->data)[i]) : ((float *)m->data)[i];
}

static void set_value(const Map *m, int64_t i, float value)
{
    if (m->type == TENSOR_BF16)
        ((uint16_t *)m->data)[i] = bf16_narrow(value);
    else
        ((float *)m->data)[i] = value;
}

/* Values that differ from seed to seed; quarters, so that some are equal to their neighbours. */
static Map map_new(Extents e, TensorType type, bool with_gap, unsigned seed)
{
    Map m = {NULL, type, e.n, e.h, e.w, e.channels, e.channels + (with_gap ? GAP : 0)};
    const int64_t count = map_pixels(&m) * m.stride;
    m.data = calloc((size_t)count, map_value_bytes(&m));
    unsigned state = seed * 2654435761u + 12345;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        float value = (float)((int)(state >> 24 & 31) - 16) / 4;
        set_value(&m, i, i % m.stride < m.channels ? value : MARK);
    }
    return m;
}

static Map map_zeros(Extents e, TensorType type, bool with_gap)
{
    Map m = map_new(e, type, with_gap, 0);
    for (int64_t i = 0; i < map_pixels(&m) * m.stride; i++)
        if (i % m.stride < m.channels)
            set_value(&m, i, 0);
    return m;
}

/* (n, channels, h, w), fp32. */
static Tensor *tensor_of(const Map *m)
{
    float *values = calloc((size_t)(map_pixels(m) * m->channels), sizeof *values);
    const int64_t plane = m->h * m->w, shape[] = {m->n, m->channels, m->h, m->w};
    for (int64_t p = 0; p < map_pixels(m); p++)
        for (int64_t c = 0; c < m->channels; c++)
            values[(p / plane * m->channels + c) * plane + p % plane] =
                value_of(m, p * m->stride + c);
    Tensor *t = tensor_from_floats(values, 4, shape);
    free(values);
    return t;
}

/* m's values are the tensor's up to a relative and absolute `tolerance`, and m's gaps are as they
 * were; m is freed. */
static void check_map(Map *m, Tensor *expected, double tolerance)
{
    const int64_t plane = m->h * m->w, count = map_pixels(m) * m->channels;
    REQUIRE(expected && tensor_count(expected) == count);
    if (m->type == TENSOR_BF16)
        tolerance += 1.0 / 256;
    float *values = calloc((size_t)count, sizeof *values);
    REQUIRE(tensor_to_floats(expected, values, count) == 0);
    double worst = 0;
    bool marked = true;
    for (int64_t i = 0; i < map_pixels(m) * m->stride; i++) {
        int64_t p = i / m->stride, c = i % m->stride;
        if (c >= m->channels) {
            marked = marked && value_of(m, i) == MARK;
            continue;
        }
        double wanted = (double)values[(p / plane * m->channels + c) * plane + p % plane];
        worst = fmax(worst, fabs((double)value_of(m, i) - wanted) / (1 + fabs(wanted)));
    }
    CHECK_NEAR(worst, 0, tolerance);
    CHECK(marked);
    free(values);
    free(m->data);
}

/* What autograd says of a leaf when `output` is given the gradient dy. */
static Tensor *gradient_of(Tensor *output, const Map *dy, Tensor *leaf)
{
    Tensor *given = tensor_of(dy);
    REQUIRE(tensor_backward_from(&output, &given, 1) == 0);
    return tensor_gradient(leaf);
}

/* ---- Everything in every type, with gaps and without, with one thread and two -------------------
 */

typedef struct Case {
    Extents extents;
    TensorType in, out;
    bool with_gap, add;
} Case;

static const Extents EXTENTS[] = {{1, 1, 1, 1},  {2, 3, 5, 3},    {1, 7, 4, 64},
                                  {3, 5, 9, 65}, {1, 2, 3, 1500}, {2, 40, 36, 40}};

static void for_every_case(void (*check)(const Case *c))
{
    for (size_t e = 0; e < sizeof EXTENTS / sizeof *EXTENTS; e++)
        for (int bits = 0; bits < 16; bits++) {
            Case c = {EXTENTS[e], bits & 1 ? TENSOR_BF16 : TENSOR_FLOAT,
                      bits & 2 ? TENSOR_BF16 : TENSOR_FLOAT, bits & 4, bits & 8};
            threads_set_here(bits % 3 == 0 ? 1 : 2);
            tensor_scope_begin();
            check(&c);
            tensor_scope_end();
            threads_set_here(0);
            CHECK_NO_ERROR();
        }
}

static Map map_in(const Case *c, unsigned seed)
{
    return map_new(c->extents, c->in, c->with_gap, seed);
}

static Map map_out(const Case *c, Extents e)
{
    return map_new(e, c->out, c->with_gap, 99);
}

/* What `result` becomes once `computed` is written over it or added to it. */
static Tensor *with_what_was_there(const Case *c, const Map *result, Tensor *computed)
{
    return c->add ? tensor_add(tensor_of(result), computed) : computed;
}

static Tensor *channels_of(const float *values, int64_t count)
{
    return tensor_from_floats(values, 4, (int64_t[]){1, count, 1, 1});
}

static float *factors_of(int64_t count, float first)
{
    float *factors = calloc((size_t)count, sizeof *factors);
    for (int64_t i = 0; i < count; i++)
        factors[i] = first + (float)(i % 7) / 8;
    return factors;
}

static void check_elementwise(const Case *c)
{
    Map a = map_in(c, 1), b = map_new(c->extents, c->out, !c->with_gap, 2);
    Tensor *x = tensor_of(&a), *z = tensor_of(&b);
    Map y = map_out(c, c->extents);
    map_copy(&a, &y);
    check_map(&y, x, 0);
    y = map_out(c, c->extents);
    Tensor *expected = with_what_was_there(c, &y, tensor_affine(x, 0.375, 0));
    map_scale(&a, 0.375f, c->add, &y);
    check_map(&y, expected, 1e-7);
    y = map_out(c, c->extents);
    map_add_scaled(&a, &b, 0.2f, &y);
    check_map(&y, tensor_add_scaled(x, z, 0.2), 1e-6);
    y = map_out(c, c->extents);
    expected = with_what_was_there(c, &y, tensor_multiply(x, z));
    map_multiply(&a, &b, c->add, &y);
    check_map(&y, expected, 1e-6);
    free(a.data);
    free(b.data);
}

TEST(values_are_copied_scaled_added_and_multiplied)
{
    for_every_case(check_elementwise);
}

static void check_affine(const Case *c)
{
    Map a = map_in(c, 3), y = map_out(c, c->extents);
    const int64_t channels = c->extents.channels;
    float *factors = factors_of(channels, -0.25f), *offsets = factors_of(channels, 0.5f);
    Tensor *scaled = tensor_multiply(tensor_of(&a), channels_of(factors, channels));
    Tensor *expected = with_what_was_there(c, &y, scaled);
    map_affine(&a, factors, NULL, c->add, &y);
    check_map(&y, expected, 1e-6);
    y = map_out(c, c->extents);
    expected = tensor_add(scaled, channels_of(offsets, channels));
    expected = with_what_was_there(c, &y, expected);
    map_affine(&a, factors, offsets, c->add, &y);
    check_map(&y, expected, 1e-6);
    free(factors);
    free(offsets);
    free(a.data);
}

TEST(every_channel_has_its_factor_and_its_offset)
{
    for_every_case(check_affine);
}

/* ---- Activations ------------------------------------------------------------------------------
 */

static Tensor *activated(Tensor *x, const ActivationSetting *a, Tensor *slopes)
{
    switch (a->kind) {
    case ACTIVATION_NONE:
        return tensor_affine(x, 1, 0);
    case ACTIVATION_RELU:
        return tensor_relu(x);
    case ACTIVATION_LEAKY_RELU:
        return tensor_leaky_relu(x, (double)a->slope);
    case ACTIVATION_PRELU:
        return tensor_prelu(x, slopes);
    case ACTIVATION_SILU:
        return tensor_silu(x);
    case ACTIVATION_SIGMOID:
        return tensor_sigmoid(x);
    case ACTIVATION_MISH:
        return tensor_mish(x);
    case ACTIVATION_GELU:
        return tensor_gelu(x);
    }
    return NULL;
}

static void check_activation(const Case *c, Activation kind)
{
    const int64_t channels = c->extents.channels;
    float *slopes = factors_of(channels, -0.25f);
    const ActivationSetting setting = {kind, 0.2f, slopes};
    Map x = map_in(c, 4), y = map_out(c, c->extents), dx = map_out(c, c->extents);
    Map dy = map_new(c->extents, c->out, !c->with_gap, 5);
    Tensor *leaf = tensor_leaf(tensor_of(&x));
    Tensor *slope_leaf = tensor_leaf(tensor_from_floats(slopes, 1, &channels));
    Tensor *expected = activated(leaf, &setting, slope_leaf);
    Tensor *gradient = with_what_was_there(c, &dx, gradient_of(expected, &dy, leaf));
    float *sums = factors_of(channels, 1), *before = factors_of(channels, 1);
    map_activate(&x, &setting, &y);
    check_map(&y, expected, 1e-6);
    map_activate_gradient(&x, &dy, &setting, sums, c->add, &dx);
    check_map(&dx, gradient, 1e-6);
    if (kind == ACTIVATION_PRELU) {
        float *wanted = calloc((size_t)channels, sizeof *wanted);
        REQUIRE(tensor_to_floats(tensor_gradient(slope_leaf), wanted, channels) == 0);
        for (int64_t i = 0; i < channels; i++)
            CHECK_NEAR((double)(sums[i] - before[i]), (double)wanted[i],
                       1e-5 * (1 + fabs((double)wanted[i])));
        free(wanted);
    }
    free(slopes);
    free(sums);
    free(before);
    free(x.data);
    free(dy.data);
}

static void check_activations(const Case *c)
{
    for (int kind = ACTIVATION_NONE; kind <= ACTIVATION_GELU; kind++)
        check_activation(c, (Activation)kind);
}

TEST(activations_and_their_gradients_are_those_of_the_library)
{
    for_every_case(check_activations);
}

/* From -30 to 30 and far beyond. */
static Map steep(void)
{
    Map m = map_zeros((Extents){1, 1, 6001, 1}, TENSOR_FLOAT, false);
    for (int i = 0; i <= 6000; i++)
        ((float *)m.data)[i] = (float)(i - 3000) / 100 * (i % 100 == 0 ? 7 : 1);
    return m;
}

TEST(smooth_activations_are_exact_far_from_zero)
{
    for (int kind = ACTIVATION_SILU; kind <= ACTIVATION_GELU; kind++) {
        tensor_scope_begin();
        const ActivationSetting setting = {(Activation)kind, 0, NULL};
        Map x = steep(), dy = steep(), y = steep(), dx = steep();
        Tensor *leaf = tensor_leaf(tensor_of(&x)), *expected = activated(leaf, &setting, NULL);
        Tensor *gradient = gradient_of(expected, &dy, leaf);
        map_activate(&x, &setting, &y);
        check_map(&y, expected, 1e-6);
        map_activate_gradient(&x, &dy, &setting, NULL, false, &dx);
        check_map(&dx, gradient, 2e-6);
        free(x.data);
        free(dy.data);
        tensor_scope_end();
        CHECK_NO_ERROR();
    }
}

TEST(what_is_no_number_stays_none)
{
    for (int kind = ACTIVATION_NONE; kind <= ACTIVATION_GELU; kind++)
        for (int half = 0; half < 2; half++) {
            const float slope = 0.1f;
            const ActivationSetting setting = {(Activation)kind, slope, &slope};
            Map x = map_zeros((Extents){1, 1, 40, 1}, half ? TENSOR_BF16 : TENSOR_FLOAT, false);
            set_value(&x, 17, NAN);
            map_activate(&x, &setting, &x);
            for (int i = 0; i < 40; i++)
                CHECK(isnan(value_of(&x, i)) == (i == 17));
            free(x.data);
        }
}

TEST(results_may_lie_where_their_operands_do)
{
    const Extents e = {2, 5, 7, 13};
    for (int half = 0; half < 2; half++) {
        tensor_scope_begin();
        TensorType type = half ? TENSOR_BF16 : TENSOR_FLOAT;
        const ActivationSetting setting = {ACTIVATION_LEAKY_RELU, 0.25f, NULL};
        Map a = map_new(e, type, true, 6), b = map_new(e, type, false, 7);
        Tensor *x = tensor_of(&a), *z = tensor_of(&b);
        map_add_scaled(&a, &b, 0.5f, &a);
        map_scale(&a, 0.25f, false, &a);
        map_multiply(&a, &b, false, &b);
        map_activate(&b, &setting, &b);
        map_add_scaled(&a, &b, 2, &b);
        Tensor *first = tensor_affine(tensor_add_scaled(x, z, 0.5), 0.25, 0);
        Tensor *second = tensor_leaky_relu(tensor_multiply(first, z), 0.25);
        check_map(&b, tensor_add_scaled(first, second, 2), half ? 0.02 : 1e-6);
        check_map(&a, first, 1e-6);
        Map kept = map_new(e, type, true, 8), dy = map_new(e, type, true, 9);
        Tensor *leaf = tensor_leaf(tensor_of(&kept));
        Tensor *gradient = gradient_of(activated(leaf, &setting, NULL), &dy, leaf);
        map_activate_gradient(&kept, &dy, &setting, NULL, false, &dy);
        check_map(&dy, gradient, 1e-6);
        free(kept.data);
        tensor_scope_end();
        CHECK_NO_ERROR();
    }
}

/* One million equal values per channel: fp32 alone would lose them. */
TEST(slope_sums_of_many_pixels_stay_exact_and_do_not_depend_on_threads)
{
    const Extents e = {1, 1000, 1000, 3};
    Map x = map_zeros(e, TENSOR_BF16, false), dy = map_zeros(e, TENSOR_BF16, false);
    for (int64_t i = 0; i < 3000000; i++) {
        set_value(&x, i, -0.3f);
        set_value(&dy, i, 0.7f);
    }
    const float slopes[] = {0.1f, 0.2f, 0.3f};
    const ActivationSetting setting = {ACTIVATION_PRELU, 0, slopes};
    float sums[2][3] = {{0}};
    for (int threads = 1; threads <= 2; threads++) {
        Map dx = map_zeros(e, TENSOR_BF16, false);
        threads_set_here(threads);
        map_activate_gradient(&x, &dy, &setting, sums[threads - 1], false, &dx);
        free(dx.data);
    }
    threads_set_here(0);
    for (int c = 0; c < 3; c++)
        CHECK_RELATIVE((double)sums[0][c], 1e6 * (double)(value_of(&x, 0) * value_of(&dy, 0)),
                       1e-6);
    CHECK(memcmp(sums[0], sums[1], sizeof sums[0]) == 0);
    free(x.data);
    free(dy.data);
}

/* ---- Channels and pixels ----------------------------------------------------------------------
 */

static void check_repeat(const Case *c)
{
    const int times = 3;
    Extents e = c->extents;
    Map x = map_in(c, 10), dx = map_out(c, e);
    e.channels *= times;
    Map y = map_out(c, e), dy = map_new(e, c->in, c->with_gap, 11);
    Tensor *leaf = tensor_leaf(tensor_of(&x)), *expected = tensor_repeat_channels(leaf, times);
    Tensor *gradient = with_what_was_there(c, &dx, gradient_of(expected, &dy, leaf));
    map_repeat(&x, times, &y);
    check_map(&y, expected, 0);
    map_repeat_gradient(&dy, times, c->add, &dx);
    check_map(&dx, gradient, 1e-6);
    free(x.data);
    free(dy.data);
}

TEST(channels_are_repeated_and_their_gradients_added_up)
{
    for_every_case(check_repeat);
}

static void check_shuffle_by(const Case *c, int factor)
{
    Extents deep = c->extents, wide = c->extents;
    deep.channels *= factor * factor;
    wide.h *= factor;
    wide.w *= factor;
    Map x = map_new(deep, c->in, c->with_gap, 12), y = map_out(c, wide), z = map_out(c, deep);
    Tensor *expected = with_what_was_there(c, &y, tensor_pixel_shuffle(tensor_of(&x), factor));
    map_shuffle(&x, factor, c->add, &y);
    Tensor *back = with_what_was_there(c, &z, tensor_pixel_unshuffle(tensor_of(&y), factor));
    map_unshuffle(&y, factor, c->add, &z);
    check_map(&z, back, 1e-6);
    check_map(&y, expected, 1e-6);
    free(x.data);
}

static void check_shuffle(const Case *c)
{
    check_shuffle_by(c, 2);
    if (c->extents.channels < 10)
        check_shuffle_by(c, 4);
}

TEST(channels_become_pixels_and_pixels_channels)
{
    for_every_case(check_shuffle);
}

typedef struct Enlargement {
    Tensor *(*peer)(Tensor *x, int factor);
    void (*forward)(const Map *x, int factor, const Map *y);
    void (*gradient)(const Map *dy, int factor, bool add, const Map *dx);
} Enlargement;

static void check_enlargement(const Case *c, const Enlargement *e, int factor)
{
    Extents wide = c->extents;
    wide.h *= factor;
    wide.w *= factor;
    Map x = map_in(c, 13), dx = map_out(c, c->extents), y = map_out(c, wide);
    Map dy = map_new(wide, c->in, !c->with_gap, 14);
    Tensor *leaf = tensor_leaf(tensor_of(&x)), *expected = e->peer(leaf, factor);
    Tensor *gradient = with_what_was_there(c, &dx, gradient_of(expected, &dy, leaf));
    e->forward(&x, factor, &y);
    check_map(&y, expected, 1e-6);
    e->gradient(&dy, factor, c->add, &dx);
    check_map(&dx, gradient, 4e-6);
    free(x.data);
    free(dy.data);
}

static void check_nearest(const Case *c)
{
    const Enlargement nearest = {tensor_nearest, map_nearest, map_nearest_gradient};
    check_enlargement(c, &nearest, 2);
    if (c->extents.channels < 10)
        check_enlargement(c, &nearest, 3);
}

TEST(nearest_pixels_enlarge)
{
    for_every_case(check_nearest);
}

static void check_bilinear(const Case *c)
{
    const Enlargement bilinear = {tensor_bilinear, map_bilinear, map_bilinear_gradient};
    check_enlargement(c, &bilinear, 2);
    if (c->extents.channels < 10) {
        check_enlargement(c, &bilinear, 3);
        check_enlargement(c, &bilinear, 4);
    }
}

TEST(neighbours_blend_where_bilinear_maps_grow)
{
    for_every_case(check_bilinear);
}

/* ---- Pooling ----------------------------------------------------------------------------------
 */

static void check_pool_of(const Case *c, int kernel, int stride, bool cut)
{
    Extents small = c->extents;
    if (small.h < kernel || small.w < kernel)
        return;
    small.h = (small.h - kernel + (cut ? stride - 1 : 0)) / stride + 1;
    small.w = (small.w - kernel + (cut ? stride - 1 : 0)) / stride + 1;
    if ((small.h - 1) * stride >= c->extents.h || (small.w - 1) * stride >= c->extents.w)
        return; /* a window beyond the border: PyTorch drops it */
    Map x = map_in(c, 15), dx = map_out(c, c->extents);
    Map y = map_new(small, c->in, c->with_gap, 16), dy = map_new(small, c->out, !c->with_gap, 17);
    Tensor *leaf = tensor_leaf(tensor_of(&x));
    Tensor *expected = tensor_max_pool(leaf, kernel, stride, cut);
    Tensor *gradient = with_what_was_there(c, &dx, gradient_of(expected, &dy, leaf));
    map_max_pool(&x, kernel, stride, &y);
    map_max_pool_gradient(&x, &y, &dy, kernel, stride, c->add, &dx);
    check_map(&dx, gradient, 1e-6);
    check_map(&y, expected, 0);
    free(x.data);
    free(dy.data);
}

static void check_pool(const Case *c)
{
    check_pool_of(c, 2, 2, false);
    check_pool_of(c, 2, 2, true);
    check_pool_of(c, 3, 2, false);
    check_pool_of(c, 3, 2, true);
    check_pool_of(c, 2, 3, false);
    check_pool_of(c, 3, 1, false);
}

TEST(the_first_of_the_largest_takes_a_windows_gradient)
{
    for_every_case(check_pool);
}
