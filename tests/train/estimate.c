/* The memory told of a run against what its steps take. */
#include "train/estimate.h"

#include <string.h>

#include "core/error.h"
#include "losses/planes.h"
#include "nets/srvgg.h"
#include "nets/unet.h"
#include "tests/unit.h"
#include "train/stage.h"

enum { SAMPLES = 4, CROP = 32, SCALE = 2, HR_BYTES = SAMPLES * CROP * CROP * SCALE * SCALE * 3 };

/* A run of one stage without data. */
typedef struct Small {
    Config config;
    StageConfig stage;
    Run run;
} Small;

static void open_small(Small *s, bool adversarial)
{
    SrvggConfig generator = {.features = 32, .convs = 8};
    UnetConfig discriminator = {.features = 16, .skip = true};
    Specification g = {&SRVGG, &generator, SCALE}, d = {&UNET, &discriminator, 1};
    *s = (Small){.config = {.scale = SCALE, .discriminator_specification = d},
                 .stage = {.batch = SAMPLES, .crop = CROP, .accumulate = 1}};
    s->config.stages = (FieldArray){.items = &s->stage, .count = 1};
    s->stage.loss.weights[LOSS_L1] = 1;
    s->stage.loss.weights[LOSS_ADVERSARIAL] = adversarial ? 0.1 : 0;
    s->run = (Run){.config = &s->config,
                   .precision = PRECISION_FP32,
                   .pool = picture_pool_new(1 << 20),
                   .generator = learner_new("generator", &g, NULL, 1, PRECISION_FP32, true)};
    if (adversarial)
        s->run.discriminator = learner_new("discriminator", &d, NULL, 2, PRECISION_FP32, false);
    REQUIRE(s->run.generator && (s->run.discriminator || !adversarial));
}

static void close_small(Small *s)
{
    learner_free(s->run.generator);
    learner_free(s->run.discriminator);
    picture_pool_free(s->run.pool);
}

static int64_t activations(const Small *s)
{
    Estimate e;
    CHECK(estimate_run(&s->run, &e) == 0);
    CHECK(e.total > e.activations && e.parameters > 0);
    return e.activations;
}

/* The most that a step takes beside what is there before it; 0 where that is not known. */
static int64_t measure(const Small *s)
{
    static uint8_t lr[SAMPLES * CROP * CROP * 3], hr[HR_BYTES];
    StepSetting setting = stage_setting(&s->run, 0);
    StepResult result = {0};
    tensor_memory_most(true);
    int64_t before = tensor_memory_most(false);
    CHECK(step_compute(&setting, lr, hr, 1, &result) == 0);
    return tensor_memory_most(false) - before;
}

static void check_step(bool adversarial, bool checkpointing)
{
    Small s;
    open_small(&s, adversarial);
    s.config.gradient_checkpointing = checkpointing;
    int64_t measured = measure(&s);
    if (measured == 0)
        unit_skip("tensors do not lie in a region of their own here");
    else
        CHECK_RELATIVE((double)activations(&s), (double)measured, 0.2);
    CHECK_NO_ERROR();
    close_small(&s);
}

TEST(a_step_takes_the_memory_that_was_told)
{
    check_step(false, false);
    check_step(true, false);
    check_step(true, true);
}

/* The most that a step takes with one term more. */
static int64_t measure_with(Loss loss)
{
    Small s;
    open_small(&s, true);
    s.stage.loss.weights[loss] = 1;
    int64_t most = measure(&s);
    close_small(&s);
    planes_forget();
    return most;
}

TEST(terms_that_compare_pictures_take_no_memory_beside_the_discriminators)
{
    int64_t judged = measure_with(LOSS_L1), both = measure_with(LOSS_MS_SSIM);
    if (judged == 0)
        unit_skip("tensors do not lie in a region of their own here");
    CHECK_RELATIVE((double)both, (double)judged, 0.02);
}

TEST(a_larger_batch_or_crop_is_told_to_take_more_memory)
{
    Small s;
    open_small(&s, true);
    int64_t plain = activations(&s);
    s.stage.batch *= 2;
    int64_t batch = activations(&s);
    s.stage.accumulate = 2;
    int64_t parts = activations(&s);
    s.stage =
        (StageConfig){.batch = SAMPLES, .crop = 2 * CROP, .accumulate = 1, .loss = s.stage.loss};
    int64_t crop = activations(&s);
    /* gradients of parameters and packed weights do not grow */
    CHECK(parts == plain && batch > 1.75 * (double)plain && crop > 3.25 * (double)plain);
    s.config.gradient_checkpointing = true;
    CHECK(activations(&s) < crop);
    close_small(&s);
}

TEST(what_is_too_little_is_said)
{
    char text[256];
    Estimate e = {
        .parameters = 1 << 20, .activations = 5 << 20, .total = 9 << 20, .available = 8 << 20};
    estimate_print(&e, text, sizeof text);
    CHECK(strstr(text, "about 9 MB per rank") && strstr(text, "of 8 MB: TOO LITTLE"));
    e.available = 10 << 20;
    estimate_print(&e, text, sizeof text);
    CHECK(strstr(text, "of 10 MB") && !strstr(text, "LITTLE"));
}
