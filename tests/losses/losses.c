/* Every loss against its formula, and its gradient against finite differences. */
#include "differences.h"
#include "losses/adversarial.h"
#include "losses/charbonnier.h"
#include "losses/l1.h"
#include "losses/matching.h"
#include "losses/mse.h"
#include "tests/unit.h"

enum { COUNT = 12 };

/* What stays fixed while x moves. */
typedef struct Other {
    float values[COUNT];
    double share;
} Other;

static Other other_values(double share)
{
    Other other = {.share = share};
    draw_values(other.values, COUNT, 2);
    for (int i = 0; i < COUNT; i++)
        other.values[i] += 0x1p-11f; /* never equal to the first ones: |x| has a kink at 0 */
    return other;
}

static Tensor *other_of(const void *context)
{
    return vector_of(((const Other *)context)->values, COUNT);
}

#define LOSS_OF(name, call)                                                                        \
    static Tensor *name(Tensor *x, const void *context)                                            \
    {                                                                                              \
        const Other *o = context;                                                                  \
        (void)o;                                                                                   \
        return call;                                                                               \
    }
LOSS_OF(l1_of_sr, loss_l1(x, other_of(o), o->share))
LOSS_OF(charbonnier_of_sr, loss_charbonnier(x, other_of(o), o->share))
LOSS_OF(mse_of_sr, loss_mse(x, other_of(o), o->share))

/* Every kind of adversarial loss towards each of its arguments: NAME_generator_of_fake, ... */
#define ADVERSARIAL_LOSSES(name, kind)                                                             \
    LOSS_OF(name##_generator_of_fake, loss_adversarial_generator(kind, other_of(o), x, o->share))  \
    LOSS_OF(name##_discriminator_of_real,                                                          \
            loss_adversarial_discriminator(kind, x, other_of(o), o->share))                        \
    LOSS_OF(name##_discriminator_of_fake,                                                          \
            loss_adversarial_discriminator(kind, other_of(o), x, o->share))
ADVERSARIAL_LOSSES(vanilla, ADVERSARIAL_VANILLA)
ADVERSARIAL_LOSSES(relativistic, ADVERSARIAL_RELATIVISTIC)
ADVERSARIAL_LOSSES(least_squares, ADVERSARIAL_LEAST_SQUARES)
ADVERSARIAL_LOSSES(hinge, ADVERSARIAL_HINGE)

static Tensor *matching_of_sr(Tensor *x, const void *context)
{
    Tensor *hr = other_of(context);
    Tensor *const sr_layers[] = {tensor_slice(x, 0, 0, 4), tensor_slice(x, 0, 4, 8)};
    Tensor *const hr_layers[] = {tensor_slice(hr, 0, 0, 4), tensor_slice(hr, 0, 4, 8)};
    return loss_matching(sr_layers, hr_layers, 2);
}

static double value_of(LossOf loss, const Other *other)
{
    float values[COUNT];
    draw_values(values, COUNT, 1);
    tensor_scope_begin();
    double value = tensor_item(loss(vector_of(values, COUNT), other));
    tensor_scope_end();
    return value;
}

static void check_gradient(LossOf loss)
{
    float values[COUNT];
    Other other = other_values(0.25);
    draw_values(values, COUNT, 1);
    CHECK(gradient_error(loss, &other, values, COUNT) < 1e-8);
    CHECK_NO_ERROR();
    CHECK(tensor_live() == 0);
}

TEST(gradient_of_l1)
{
    check_gradient(l1_of_sr);
}

TEST(gradient_of_charbonnier)
{
    check_gradient(charbonnier_of_sr);
}

TEST(gradient_of_mse)
{
    check_gradient(mse_of_sr);
}

TEST(gradients_of_the_vanilla_adversarial_losses)
{
    check_gradient(vanilla_generator_of_fake);
    check_gradient(vanilla_discriminator_of_real);
    check_gradient(vanilla_discriminator_of_fake);
}

TEST(gradients_of_the_least_squares_losses)
{
    check_gradient(least_squares_generator_of_fake);
    check_gradient(least_squares_discriminator_of_real);
    check_gradient(least_squares_discriminator_of_fake);
}

TEST(gradients_of_the_hinge_losses)
{
    check_gradient(hinge_generator_of_fake);
    check_gradient(hinge_discriminator_of_real);
    check_gradient(hinge_discriminator_of_fake);
}

TEST(gradients_of_the_relativistic_losses_flow_through_both_means)
{
    check_gradient(relativistic_generator_of_fake);
    check_gradient(relativistic_discriminator_of_real);
    check_gradient(relativistic_discriminator_of_fake);
}

TEST(gradient_of_feature_matching)
{
    check_gradient(matching_of_sr);
}

TEST(l1_mse_and_charbonnier_follow_their_formulas)
{
    float sr[COUNT];
    Other other = other_values(0.5);
    draw_values(sr, COUNT, 1);
    double l1 = 0, mse = 0, charbonnier = 0;
    for (int i = 0; i < COUNT; i++) {
        double d = (double)sr[i] - (double)other.values[i];
        l1 += fabs(d) / COUNT;
        mse += d * d / COUNT;
        charbonnier += sqrt(d * d + 1e-6) / COUNT;
    }
    CHECK_NEAR(value_of(l1_of_sr, &other), 0.5 * l1, 1e-12);
    CHECK_NEAR(value_of(mse_of_sr, &other), 0.5 * mse, 1e-12);
    CHECK_NEAR(value_of(charbonnier_of_sr, &other), 0.5 * charbonnier, 1e-12);
    CHECK_NO_ERROR();
}

static double softplus(double x)
{
    return log1p(exp(x));
}

TEST(adversarial_losses_follow_their_formulas)
{
    float x[COUNT];
    Other other = other_values(1);
    draw_values(x, COUNT, 1);
    double mean_x = 0, mean_other = 0, vanilla = 0, relativistic = 0, squares = 0, hinge = 0;
    for (int i = 0; i < COUNT; i++) {
        mean_x += (double)x[i] / COUNT;
        mean_other += (double)other.values[i] / COUNT;
    }
    for (int i = 0; i < COUNT; i++) {
        double real = (double)other.values[i], fake = (double)x[i];
        vanilla += (softplus(-real) + softplus(fake)) / COUNT;
        squares += ((real - 1) * (real - 1) + fake * fake) / COUNT;
        hinge += (fmax(0, 1 - real) + fmax(0, 1 + fake)) / COUNT;
        relativistic += (softplus(mean_x - real) + softplus(fake - mean_other)) / (2 * COUNT);
    }
    CHECK_NEAR(value_of(vanilla_discriminator_of_fake, &other), vanilla, 1e-12);
    CHECK_NEAR(value_of(relativistic_discriminator_of_fake, &other), relativistic, 1e-12);
    CHECK_NEAR(value_of(least_squares_discriminator_of_fake, &other), squares, 1e-12);
    CHECK_NEAR(value_of(hinge_discriminator_of_fake, &other), hinge, 1e-12);
    CHECK_NEAR(value_of(hinge_generator_of_fake, &other), -mean_x, 1e-12);
    CHECK_NO_ERROR();
}

TEST(an_undecided_discriminator_costs_two_logarithms_of_two)
{
    Other zeros = {.share = 1};
    const float x[COUNT] = {0};
    tensor_scope_begin();
    double generator = tensor_item(vanilla_generator_of_fake(vector_of(x, COUNT), &zeros));
    double discriminator = tensor_item(vanilla_discriminator_of_fake(vector_of(x, COUNT), &zeros));
    double relativistic =
        tensor_item(relativistic_discriminator_of_fake(vector_of(x, COUNT), &zeros));
    tensor_scope_end();
    CHECK_NEAR(generator, log(2), 1e-12);
    CHECK_NEAR(discriminator, 2 * log(2), 1e-12);
    CHECK_NEAR(relativistic, log(2), 1e-12);
}

TEST(feature_matching_does_not_change_when_all_features_grow)
{
    float small[COUNT], large[COUNT];
    Other hr = other_values(1), grown = hr;
    draw_values(small, COUNT, 1);
    for (int i = 0; i < COUNT; i++) {
        large[i] = 4 * small[i];
        grown.values[i] = 4 * hr.values[i];
    }
    tensor_scope_begin();
    double before = tensor_item(matching_of_sr(vector_of(small, COUNT), &hr));
    double after = tensor_item(matching_of_sr(vector_of(large, COUNT), &grown));
    tensor_scope_end();
    CHECK(before > 0);
    CHECK_NEAR(after, before, 1e-12);
}

TEST(losses_of_large_logits_stay_finite)
{
    const float x[COUNT] = {1000, -1000};
    Other other = {.values = {-1000, 1000}, .share = 1};
    tensor_scope_begin();
    CHECK(isfinite(tensor_item(vanilla_generator_of_fake(vector_of(x, COUNT), &other))));
    CHECK(isfinite(tensor_item(vanilla_discriminator_of_fake(vector_of(x, COUNT), &other))));
    tensor_scope_end();
    CHECK_NO_ERROR();
}
