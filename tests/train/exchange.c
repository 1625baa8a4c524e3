/* The exchange of gradients. tests/e2e/ranks.sh runs those that begin with "ranks" on several
 * ranks.
 */
#include "train/exchange.h"

#include <stdio.h>

#include "core/error.h"
#include "core/random.h"
#include "core/ranks.h"
#include "nets/srvgg.h"
#include "tests/train/vectors.h"
#include "tests/unit.h"
#include "train/agreement.h"
#include "train/learner.h"

enum { CROP = 8, SAMPLES = 2, LR_BYTES = SAMPLES * CROP * CROP * 3 };

/* Parameters of nine buckets. */
static Learner *new_learner(void)
{
    SrvggConfig config = {.features = 64, .convs = 16};
    Specification specification = {&SRVGG, &config, 2};
    return learner_new("generator", &specification, NULL, 1, PRECISION_FP32, true);
}

/* This rank's loss, from samples of its own. */
static Tensor *loss_of(Learner *l)
{
    uint8_t lr[LR_BYTES];
    Random random = random_stream(1, RANDOM_TEST, (uint64_t)ranks_rank(), 0);
    for (int i = 0; i < LR_BYTES; i++)
        lr[i] = (uint8_t)random_below(&random, 256);
    Tensor *image = tensor_from_rgb(lr, SAMPLES, CROP, CROP);
    return tensor_mean(tensor_square(network_forward(l->network, image, FORWARD_PLAIN, NULL)));
}

/* The sum over ranks of every rank's gradient. */
static float *exchanged(const ExchangePlan *plan)
{
    Learner *l = new_learner();
    REQUIRE(l && learner_connect(l, plan) == 0);
    tensor_scope_begin();
    learner_arm(l);
    CHECK(tensor_backward(loss_of(l)) == 0 && learner_sum_gradients(l) == 0);
    tensor_scope_end();
    float *copy = vector_copy(network_gradients(l->network));
    learner_free(l);
    return copy;
}

static bool alone(void)
{
    if (ranks_size() == 1)
        unit_skip("one rank");
    return ranks_size() == 1;
}

/* The largest difference, relative to the largest value. */
static double difference(const float *a, const float *b, int64_t count)
{
    double worst = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
        largest = fmax(largest, fabs((double)b[i]));
    }
    return worst / largest;
}

TEST(ranks_exchange_the_same_bits_overlapped_or_not)
{
    if (alone())
        return;
    Learner *l = new_learner();
    tensor_scope_begin();
    CHECK(tensor_backward(loss_of(l)) == 0);
    tensor_scope_end();
    float *plain = vector_copy(network_gradients(l->network));
    CHECK(ranks_sum_floats(plain, (size_t)l->count) == 0);
    float *overlapped = exchanged(&(ExchangePlan){.overlap = true});
    float *at_the_end = exchanged(&(ExchangePlan){.overlap = false});
    float *half = exchanged(&(ExchangePlan){.overlap = true, .bf16 = true});
    CHECK(memcmp(overlapped, at_the_end, (size_t)l->count * sizeof *plain) == 0);
    CHECK(difference(overlapped, plain, l->count) < 1e-6);
    CHECK(difference(half, plain, l->count) < 2e-2 && difference(half, plain, l->count) > 0);
    free(plain);
    free(overlapped);
    free(at_the_end);
    free(half);
    learner_free(l);
    CHECK(tensor_live() == 0);
}

TEST(ranks_refuse_a_gradient_that_changes_after_it_left)
{
    if (alone())
        return;
    Learner *l = new_learner();
    REQUIRE(learner_connect(l, &(ExchangePlan){.overlap = false}) == 0);
    tensor_scope_begin();
    learner_arm(l);
    CHECK(tensor_backward(loss_of(l)) == 0 && tensor_backward(loss_of(l)) == 0);
    CHECK(learner_sum_gradients(l) == -1);
    CHECK_ERROR(ERROR_TENSOR, "a gradient was completed twice");
    learner_arm(l);
    CHECK(tensor_backward(loss_of(l)) == 0 && learner_sum_gradients(l) == 0);
    tensor_scope_end();
    learner_free(l);
}

TEST(ranks_name_the_one_whose_parameters_differ)
{
    if (alone())
        return;
    Run run = {.generator = new_learner(), .position.step = 7};
    CHECK(agreement_check_parameters(&run) == 0);
    Tensor *values = network_values(run.generator->network);
    int64_t last = run.generator->count - 1;
    float kept = vector_value(values, last);
    if (ranks_rank() == ranks_size() - 1)
        vector_set(values, last, nextafterf(kept, 1));
    char text[64];
    snprintf(text, sizeof text, "rank %d: its generator differs", ranks_size() - 1);
    CHECK(agreement_check_parameters(&run) == -1);
    CHECK_ERROR(ERROR_RANK, text);
    vector_set(values, last, kept);
    CHECK(agreement_check_parameters(&run) == 0);
    learner_free(run.generator);
}

/* Ends the run: only where tests/e2e/ranks.sh asks for it. */
TEST(ranks_end_the_run_when_one_throws_while_gradients_are_under_way)
{
    if (!getenv("UNMUSH_TEST_THROW") || alone()) {
        unit_skip("would end the run");
        return;
    }
    Learner *l = new_learner(), *other = new_learner();
    REQUIRE(learner_connect(l, &(ExchangePlan){.overlap = true}) == 0);
    tensor_scope_begin();
    learner_arm(l);
    CHECK(tensor_backward(loss_of(l)) == 0);
    Tensor *loss = loss_of(other);
    if (ranks_rank() == 1) { /* what this pass needs has changed: autograd throws */
        tensor_fill(network_values(other->network), 0);
        CHECK(tensor_backward(loss) == -1);
        tensor_scope_end();
        learner_free(l);
    }
    learner_sum_gradients(l);
    CHECK(false);
}

typedef struct Calls {
    int order[64], count;
} Calls;

static void note(void *context, int i, int64_t offset, int64_t count)
{
    Calls *calls = context;
    CHECK(offset >= 0 && count > 0);
    if (calls->count < 64)
        calls->order[calls->count++] = i;
}

TEST(every_gradient_is_told_once_a_pass_and_the_last_layers_first)
{
    Learner *l = new_learner();
    Calls first = {.count = 0}, second = {.count = 0};
    int parameters = 0;
    for (int i = 0; i < l->graph->parameter_count; i++)
        parameters += l->graph->parameters[i].trained;
    tensor_scope_begin();
    network_watch(l->network, note, &first);
    CHECK(tensor_backward(tensor_add(loss_of(l), loss_of(l))) == 0);
    network_watch(l->network, note, &second);
    CHECK(tensor_backward(tensor_add(loss_of(l), loss_of(l))) == 0);
    network_watch(l->network, NULL, NULL);
    CHECK(tensor_backward(loss_of(l)) == 0);
    tensor_scope_end();
    CHECK(first.count == parameters && second.count == parameters);
    CHECK(memcmp(first.order, second.order, sizeof first.order) == 0);
    CHECK(first.order[0] >= parameters / 2 && first.order[parameters - 1] < parameters / 2);
    learner_free(l);
}
