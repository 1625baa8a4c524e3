/* One step against the plain formulas. */
#include "train/step.h"

#include "core/error.h"
#include "core/random.h"
#include "losses/adversarial.h"
#include "losses/l1.h"
#include "losses/matching.h"
#include "nets/srvgg.h"
#include "nets/unet.h"
#include "tests/train/vectors.h"
#include "tests/unit.h"

enum { SAMPLES = 2, CROP = 8, SCALE = 2, LR_BYTES = SAMPLES * CROP * CROP * 3 };

static uint8_t lr[LR_BYTES], hr[LR_BYTES * SCALE * SCALE];

typedef struct Pair {
    Learner *generator, *discriminator;
} Pair;

static Pair new_pair(void)
{
    SrvggConfig generator = {.features = 4, .convs = 1};
    UnetConfig discriminator = {.features = 4, .skip = true};
    Specification g = {&SRVGG, &generator, SCALE}, d = {&UNET, &discriminator, 1};
    Random random = random_stream(1, RANDOM_TEST, 0, 0);
    for (int i = 0; i < LR_BYTES * SCALE * SCALE; i++)
        hr[i] = (uint8_t)random_below(&random, 256);
    for (int i = 0; i < LR_BYTES; i++)
        lr[i] = (uint8_t)random_below(&random, 256);
    return (Pair){learner_new("generator", &g, NULL, 1, PRECISION_FP32, true),
                  learner_new("discriminator", &d, NULL, 2, PRECISION_FP32, false)};
}

static void free_pair(Pair *p)
{
    learner_free(p->generator);
    learner_free(p->discriminator);
}

/* The largest difference of two flat vectors, relative to the largest value of the second. */
static double difference(Tensor *a, Tensor *b)
{
    float *x = vector_copy(a), *y = vector_copy(b);
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < tensor_count(a); i++) {
        worst = fmax(worst, fabs((double)x[i] - (double)y[i]));
        largest = fmax(largest, fabs((double)y[i]));
    }
    free(x);
    free(y);
    return worst / largest;
}

/* Gradients of l1 + 2 features + 0.5 adversarial, and of the discriminator's loss, each from passes
 * of its own. */
static void compute_plainly(const Pair *p)
{
    Tensor *real_taps[UNET_TAPS], *fake_taps[UNET_TAPS], *frozen[UNET_TAPS];
    Network *d = p->discriminator->network;
    Tensor *truth = tensor_from_rgb(hr, SAMPLES, CROP * SCALE, CROP * SCALE);
    Tensor *sr = network_forward(p->generator->network, tensor_from_rgb(lr, SAMPLES, CROP, CROP),
                                 FORWARD_PLAIN, NULL);
    Tensor *real = network_forward(d, truth, FORWARD_UPDATE_SPECTRAL, real_taps);
    Tensor *fake = network_forward(d, sr, FORWARD_FROZEN, fake_taps);
    for (int i = 0; i < UNET_TAPS; i++)
        frozen[i] = tensor_detach(real_taps[i]);
    Tensor *features = tensor_affine(loss_matching(fake_taps, frozen, UNET_TAPS), 2, 0);
    Tensor *adversarial =
        tensor_affine(loss_adversarial_generator(ADVERSARIAL_VANILLA, NULL, fake, 1), 0.5, 0);
    tensor_backward(tensor_add(loss_l1(sr, truth, 1), tensor_add(features, adversarial)));
    Tensor *again = network_forward(d, tensor_detach(sr), FORWARD_PLAIN, NULL);
    tensor_backward(loss_adversarial_discriminator(ADVERSARIAL_VANILLA, real, again, 1));
}

TEST(a_step_has_the_gradients_of_the_plain_formulas)
{
    Pair plain = new_pair(), shared = new_pair();
    REQUIRE(plain.discriminator && shared.discriminator);
    Config config = {.scale = SCALE};
    StageConfig stage = {.batch = SAMPLES, .crop = CROP, .accumulate = 1};
    stage.loss.weights[LOSS_L1] = 1;
    stage.loss.weights[LOSS_FEATURES] = 2;
    stage.loss.weights[LOSS_ADVERSARIAL] = 0.5;
    StepSetting setting = {.config = &config,
                           .stage = &stage,
                           .generator = shared.generator,
                           .discriminator = shared.discriminator,
                           .samples = {0, SAMPLES},
                           .segments = 1};
    StepResult result = {0};
    CHECK(step_compute(&setting, lr, hr, 0, &result) == 0);
    tensor_scope_begin();
    compute_plainly(&plain);
    tensor_scope_end();
    CHECK_NO_ERROR();
    CHECK(difference(network_gradients(shared.generator->network),
                     network_gradients(plain.generator->network)) < 1e-5);
    CHECK(difference(network_gradients(shared.discriminator->network),
                     network_gradients(plain.discriminator->network)) < 1e-5);
    CHECK(result.losses[LOSS_L1] > 0 && result.losses[LOSS_FEATURES] > 0);
    free_pair(&plain);
    free_pair(&shared);
    CHECK(tensor_live() == 0);
}

/* A setting of L1 alone. */
static StepSetting plain_setting(const Config *config, StageConfig *stage, Learner *generator)
{
    stage->loss.weights[LOSS_L1] = 1;
    return (StepSetting){.config = config,
                         .stage = stage,
                         .generator = generator,
                         .samples = {0, SAMPLES},
                         .segments = 1};
}

/* And of a discriminator's verdict. */
static StepSetting judged_setting(const Config *config, StageConfig *stage, const Pair *pair)
{
    StepSetting setting = plain_setting(config, stage, pair->generator);
    setting.discriminator = pair->discriminator;
    stage->loss.weights[LOSS_ADVERSARIAL] = 1;
    return setting;
}

TEST(parts_of_a_batch_add_up_to_it)
{
    Pair whole = new_pair(), parts = new_pair();
    Config config = {.scale = SCALE};
    StageConfig stage = {.batch = SAMPLES, .crop = CROP, .accumulate = 1};
    StepSetting setting = plain_setting(&config, &stage, whole.generator);
    StepResult result = {0}, again = {0};
    CHECK(step_compute(&setting, lr, hr, 0, &result) == 0);
    stage.accumulate = 2;
    setting.generator = parts.generator;
    CHECK(step_compute(&setting, lr, hr, 0, &again) == 0);
    CHECK_RELATIVE(again.losses[LOSS_L1], result.losses[LOSS_L1], 1e-6);
    CHECK(difference(network_gradients(parts.generator->network),
                     network_gradients(whole.generator->network)) < 1e-5);
    free_pair(&whole);
    free_pair(&parts);
}

TEST(a_long_gradient_is_shortened_to_the_clip)
{
    Pair plain = new_pair(), clipped = new_pair();
    Config config = {.scale = SCALE};
    StageConfig stage = {.steps = 10,
                         .rate = 0.1,
                         .batch = SAMPLES,
                         .crop = CROP,
                         .accumulate = 1,
                         .average = 0.9,
                         .beta1 = 0,
                         .beta2 = 0};
    StepSetting setting = plain_setting(&config, &stage, plain.generator);
    StepResult result = {0};
    CHECK(step_compute(&setting, lr, hr, 0, &result) == 0);
    CHECK(result.generator_norm > 0);
    double norm = result.generator_norm;
    learner_set_optimiser(clipped.generator, OPTIMISER_ADAM);
    setting.generator = clipped.generator;
    CHECK(step_compute(&setting, lr, hr, 0, &result) == 0);
    stage.clip = norm / 4;
    stage.beta2 = 0.5; /* second moment: half of the squared gradient that was used */
    CHECK(step_apply(&setting, &result, 0) == 0);
    float *second = vector_copy(clipped.generator->states[1]);
    float *gradient = vector_copy(network_gradients(clipped.generator->network));
    for (int64_t i = 0; i < clipped.generator->count; i++) {
        double used = (double)gradient[i] / 4;
        CHECK_NEAR(second[i], 0.5 * used * used, 1e-6 * used * used + 1e-20);
    }
    free(second);
    free(gradient);
    free_pair(&plain);
    free_pair(&clipped);
}

TEST(a_discriminator_that_warms_up_learns_alone)
{
    Pair pair = new_pair();
    Config config = {.scale = SCALE};
    StageConfig stage = {.steps = 10, .rate = 0.1, .batch = SAMPLES, .crop = CROP, .accumulate = 1};
    StepSetting setting = judged_setting(&config, &stage, &pair);
    stage.loss.adversarial.warmup = 1;
    StepResult result = {0};
    CHECK(step_compute(&setting, lr, hr, 0, &result) == 0);
    CHECK(result.generator_norm == 0 && result.discriminator_norm > 0);
    CHECK(!result.known[LOSS_L1] && result.losses[TERM_DISCRIMINATOR] > 0);
    CHECK(result.verdict_real > 0 && result.verdict_real < 1);
    CHECK(step_compute(&setting, lr, hr, 1, &result) == 0);
    CHECK(result.generator_norm > 0 && result.losses[LOSS_L1] > 0);
    free_pair(&pair);
}

TEST(a_generator_that_begins_late_begins_as_carefully_as_one_that_does_not)
{
    Pair pair = new_pair();
    Config config = {.scale = SCALE};
    StageConfig stage = {.steps = 2000,
                         .rate = 1e-3,
                         .discriminator_rate = 1e-3,
                         .beta1 = 0.9,
                         .beta2 = 0.999,
                         .batch = SAMPLES,
                         .crop = CROP,
                         .accumulate = 1};
    StepSetting setting = judged_setting(&config, &stage, &pair);
    stage.loss.adversarial.warmup = 1000;
    learner_set_optimiser(pair.generator, OPTIMISER_ADAM);
    learner_set_optimiser(pair.discriminator, OPTIMISER_ADAM);
    const Tensor *values = network_values(pair.generator->network);
    double before = vector_value(values, 0);
    StepResult result = {0};
    CHECK(step_compute(&setting, lr, hr, 1000, &result) == 0);
    CHECK(step_apply(&setting, &result, 1000) == 0);
    double moved = fabs((double)vector_value(values, 0) - before);
    CHECK_RELATIVE(moved, 1e-3, 1e-2); /* Adam's first step */
    free_pair(&pair);
}

TEST(the_newest_r1_is_known_between_its_steps)
{
    Pair pair = new_pair();
    Config config = {.scale = SCALE};
    StageConfig stage = {.steps = 10, .rate = 0.1, .batch = SAMPLES, .crop = CROP, .accumulate = 1};
    StepSetting setting = judged_setting(&config, &stage, &pair);
    stage.loss.adversarial.r1 = 1;
    stage.loss.adversarial.r1_every = 2;
    StepResult result = {0};
    CHECK(step_compute(&setting, lr, hr, 1, &result) == 0 && !result.known[TERM_R1]);
    CHECK(step_compute(&setting, lr, hr, 2, &result) == 0 && result.known[TERM_R1]);
    double r1 = result.losses[TERM_R1];
    CHECK(r1 > 0);
    CHECK(step_compute(&setting, lr, hr, 3, &result) == 0 && result.losses[TERM_R1] == r1);
    free_pair(&pair);
}

TEST(a_rank_computes_in_no_more_parts_than_it_has_samples)
{
    Pair pair = new_pair();
    Config config = {.scale = SCALE};
    StageConfig stage = {.batch = SAMPLES, .crop = CROP, .accumulate = SAMPLES + 3};
    StepSetting setting = plain_setting(&config, &stage, pair.generator);
    StepResult result = {0};
    CHECK(step_parts(&stage) == SAMPLES);
    CHECK(step_compute(&setting, lr, hr, 0, &result) == 0 && !*result.broken);
    free_pair(&pair);
}

TEST(a_loss_that_is_not_finite_is_named_and_changes_nothing)
{
    Pair pair = new_pair();
    Config config = {.scale = SCALE};
    StageConfig stage = {
        .steps = 10, .rate = 1, .batch = SAMPLES, .crop = CROP, .accumulate = 1, .beta2 = 0.9};
    StepSetting setting = plain_setting(&config, &stage, pair.generator);
    Tensor *values = network_values(pair.generator->network);
    learner_set_optimiser(pair.generator, OPTIMISER_ADAM);
    vector_set(values, 3, (float)NAN);
    StepResult result = {0};
    CHECK(step_compute(&setting, lr, hr, 0, &result) == 0);
    CHECK(strcmp(result.broken, "loss l1") == 0);
    float kept = vector_value(values, 0);
    CHECK(step_apply(&setting, &result, 0) == 0);
    CHECK(vector_value(values, 0) == kept);
    free_pair(&pair);
}
