#include "train/step.h"

#include <math.h>
#include <stdio.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/ranks.h"
#include "losses/adversarial.h"
#include "losses/charbonnier.h"
#include "losses/l1.h"
#include "losses/matching.h"

const char *const TERM_NAMES[TERM_COUNT] = {"l1", "charbonnier", "features", "adversarial",
                                            "discriminator"};

enum { MOST_TAPS = 16 };

/* One pass of the discriminator, whose parameters get gradients from it. */
typedef struct Verdict {
    Tensor *logits;
    Tensor *taps[MOST_TAPS];
} Verdict;

/* The tensors of one step. */
typedef struct Work {
    const StepSetting *s;
    double share;
    Tensor *hr, *sr;
    Tensor *seen;              /* sr as the discriminator sees it: a leaf, where its history ends */
    Verdict real, fake;        /* of hr and seen */
    Tensor *terms[TERM_COUNT]; /* before weighting, this rank's part; NULL if not computed */
} Work;

static AdversarialKind kind_of(const Work *w)
{
    return (AdversarialKind)w->s->stage->loss.adversarial.kind;
}

static void judge(const Work *w, Tensor *image, int mode, Verdict *verdict)
{
    verdict->logits =
        network_forward(w->s->discriminator->network, image,
                        mode | FORWARD_BATCH_STATISTICS | FORWARD_UPDATE_STATISTICS, verdict->taps);
}

static Tensor *features_term(const Work *w)
{
    if (w->s->vgg)
        return loss_vgg(w->s->vgg, w->sr, w->hr, w->share);
    int count = w->s->discriminator->graph->tap_count;
    Tensor *constants[MOST_TAPS] = {NULL};
    for (int i = 0; i < count; i++)
        constants[i] = tensor_detach(w->real.taps[i]);
    return loss_matching(w->fake.taps, constants, count);
}

static void generator_terms(Work *w)
{
    const LossConfig *loss = &w->s->stage->loss;
    if (w->s->discriminator) {
        judge(w, w->hr, FORWARD_UPDATE_SPECTRAL, &w->real);
        w->seen = tensor_leaf(w->sr);
        judge(w, w->seen, FORWARD_PLAIN, &w->fake);
    }
    if (error_pending())
        return;
    if (loss->l1 > 0)
        w->terms[TERM_L1] = loss_l1(w->sr, w->hr, w->share);
    if (loss->charbonnier > 0)
        w->terms[TERM_CHARBONNIER] = loss_charbonnier(w->sr, w->hr, w->share);
    if (loss->features > 0)
        w->terms[TERM_FEATURES] = features_term(w);
    if (loss->adversarial.weight > 0)
        w->terms[TERM_ADVERSARIAL] =
            loss_adversarial_generator(kind_of(w), w->real.logits, w->fake.logits, w->share);
}

/* Whether a term reaches the generator through the discriminator. */
static bool is_judged(const Work *w, int term)
{
    return term == TERM_ADVERSARIAL || (term == TERM_FEATURES && !w->s->vgg);
}

/* The weighted sum of the generator's terms of one kind, NULL if there are none. */
static Tensor *generator_loss(const Work *w, bool judged)
{
    const LossConfig *loss = &w->s->stage->loss;
    const double weights[TERM_DISCRIMINATOR] = {loss->l1, loss->charbonnier, loss->features,
                                                loss->adversarial.weight};
    Tensor *sum = NULL;
    for (int i = 0; i < TERM_DISCRIMINATOR; i++) {
        if (!w->terms[i] || is_judged(w, i) != judged)
            continue;
        Tensor *term = tensor_affine(w->terms[i], weights[i], 0);
        sum = sum ? tensor_add(sum, term) : term;
    }
    return sum;
}

/* Both kinds meet at the generator's output. */
static int generator_backward(const Work *w)
{
    Tensor *outputs[2], *gradients[2] = {NULL, NULL};
    int count = 0;
    Tensor *direct = generator_loss(w, false), *judged = generator_loss(w, true);
    if (direct)
        outputs[count++] = direct;
    if (judged) {
        gradients[count] = tensor_gradient_of(judged, w->seen);
        outputs[count++] = w->sr;
    }
    return error_pending() ? -1 : tensor_backward_from(outputs, gradients, count);
}

static int compute(Work *w, const uint8_t *lr, const uint8_t *hr)
{
    const StepSetting *s = w->s;
    int64_t n = s->samples, crop = s->stage->crop, edge = crop * s->config->scale;
    w->hr = tensor_from_rgb(hr, n, edge, edge);
    learner_zero_gradients(s->generator);
    w->sr = network_forward(s->generator->network, tensor_from_rgb(lr, n, crop, crop),
                            FORWARD_PLAIN, NULL);
    generator_terms(w);
    learner_arm(s->generator);
    if (generator_backward(w) != 0 || !s->discriminator)
        return error_pending() ? -1 : 0;
    learner_zero_gradients(s->discriminator);
    w->terms[TERM_DISCRIMINATOR] =
        loss_adversarial_discriminator(kind_of(w), w->real.logits, w->fake.logits, w->share);
    learner_arm(s->discriminator);
    return tensor_backward(w->terms[TERM_DISCRIMINATOR]);
}

/* Sums loss values, the wish to stop, and gradients over ranks. */
static int exchange(const Work *w, StepResult *result)
{
    double sums[TERM_COUNT + 1] = {0};
    for (int i = 0; i < TERM_COUNT; i++)
        if (w->terms[i])
            sums[i] = tensor_item(w->terms[i]);
    sums[TERM_COUNT] = interrupt_pending();
    if (error_pending() || ranks_sum_doubles(sums, TERM_COUNT + 1) != 0 ||
        learner_sum_gradients(w->s->generator) != 0 ||
        (w->s->discriminator && learner_sum_gradients(w->s->discriminator) != 0))
        return -1;
    for (int i = 0; i < TERM_COUNT; i++)
        result->losses[i] = sums[i];
    result->interrupted = sums[TERM_COUNT] > 0;
    return 0;
}

int step_compute(const StepSetting *s, const uint8_t *lr, const uint8_t *hr, StepResult *result)
{
    Work work = {.s = s, .share = (double)s->samples / (double)s->stage->batch};
    double waited = ranks_waited();
    tensor_scope_begin();
    int status = compute(&work, lr, hr) == 0 ? exchange(&work, result) : -1;
    tensor_scope_end();
    result->exchange = ranks_waited() - waited;
    return status;
}

/* The same on every rank, as sums over ranks are. */
static void find_broken(const StepSetting *s, StepResult *result)
{
    *result->broken = 0;
    for (int i = TERM_COUNT - 1; i >= 0; i--) /* the first one's name stays */
        if (!isfinite(result->losses[i]))
            snprintf(result->broken, sizeof result->broken, "loss %s", TERM_NAMES[i]);
    const Learner *learners[2] = {s->generator, s->discriminator};
    for (int i = 0; i < 2 && !*result->broken; i++)
        if (learners[i] && !learner_gradients_are_finite(learners[i]))
            snprintf(result->broken, sizeof result->broken, "the %s's gradient", learners[i]->name);
}

int step_apply(const StepSetting *s, StepResult *result, int64_t step)
{
    find_broken(s, result);
    if (error_pending())
        return -1;
    if (*result->broken)
        return 0;
    if (learner_update(s->generator, s->stage, s->stage->rate, step) != 0)
        return -1;
    return s->discriminator
               ? learner_update(s->discriminator, s->stage, s->stage->discriminator_rate, step)
               : 0;
}
