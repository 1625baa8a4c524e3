#include "train/step.h"

#include <math.h>
#include <stdio.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/ranks.h"
#include "nets/pass.h"
#include "train/terms.h"

const char *term_name(int term)
{
    return term < LOSS_COUNT            ? LOSS_NAMES[term]
           : term == TERM_DISCRIMINATOR ? "discriminator"
                                        : "r1";
}

/* One of the parts that a rank's samples are computed in. */
typedef struct Part {
    Share samples;   /* of this rank's */
    double fraction; /* of the whole batch that all ranks' parts make up */
    bool is_last;    /* its backward passes complete the gradients */
} Part;

/* Sums over parts and ranks that are told of a step. */
typedef struct Sums {
    double losses[TERM_COUNT], real, fake, interrupted;
} Sums;

int step_parts(const StageConfig *stage)
{
    int64_t least = stage->batch / ranks_size();
    return (int)(stage->accumulate < least ? stage->accumulate : least);
}

static Part part_of(const StepSetting *s, int index)
{
    int parts = step_parts(s->stage);
    int64_t total = 0;
    for (int r = 0; r < ranks_size(); r++)
        total +=
            ranks_share(ranks_share(s->stage->batch, r, ranks_size()).count, index, parts).count;
    return (Part){ranks_share(s->samples.count, index, parts),
                  (double)total / (double)s->stage->batch, index == parts - 1};
}

static bool generator_learns(const StepSetting *s, int64_t step)
{
    return !s->discriminator || step >= s->stage->loss.adversarial.warmup;
}

static bool penalty_is_due(const StepSetting *s, int64_t step)
{
    return s->discriminator && s->stage->loss.adversarial.r1 > 0 &&
           step % s->stage->loss.adversarial.r1_every == 0;
}

bool step_computes(const StepSetting *s, int term)
{
    if (term < LOSS_COUNT)
        return s->stage->loss.weights[term] > 0;
    return s->discriminator && (term == TERM_DISCRIMINATOR || s->stage->loss.adversarial.r1 > 0);
}

static bool computes_now(const StepSetting *s, int term, int64_t step)
{
    return step_computes(s, term) &&
           (term == TERM_DISCRIMINATOR ||
            (term == TERM_R1 ? penalty_is_due(s, step) : generator_learns(s, step)));
}

static Tensor *image_of(const Part *part, const uint8_t *bytes, int64_t edge)
{
    const uint8_t *first = bytes + part->samples.first * edge * edge * 3;
    return tensor_from_rgb(first, part->samples.count, edge, edge);
}

static void add_sums(const Terms *t, double fraction, Sums *sums)
{
    for (int i = 0; i < TERM_COUNT; i++)
        if (t->values[i])
            sums->losses[i] += fraction * tensor_item(t->values[i]);
    if (t->discriminator) {
        sums->real += fraction * tensor_item(t->real);
        sums->fake += fraction * tensor_item(t->fake);
    }
}

/* The discriminator's passes, forward and back: those of before the generator's are gone by then.
 */
static void judge(const StepSetting *s, const Part *part, int64_t step, Terms *t)
{
    bool penalty = penalty_is_due(s, step);
    if (part->is_last && !penalty)
        learner_arm(s->discriminator);
    terms_judge(t, generator_learns(s, step));
    if (!penalty)
        return;
    if (part->is_last)
        learner_arm(s->discriminator);
    terms_penalise(t);
}

static int compute_part(const StepSetting *s, const Part *part, const uint8_t *lr_bytes,
                        const uint8_t *hr_bytes, int64_t step, Sums *sums)
{
    bool learns = generator_learns(s, step);
    double share = (double)part->samples.count / (part->fraction * (double)s->stage->batch);
    int64_t crop = s->stage->crop;
    Tensor *lr = image_of(part, lr_bytes, crop);
    Terms t = {
        .config = s->config,
        .stage = s->stage,
        .vgg = s->vgg,
        .lpips = s->lpips,
        .discriminator = s->discriminator ? s->discriminator->network : NULL,
        .share = share,
        .fraction = part->fraction,
        .hr = image_of(part, hr_bytes, crop * s->config->scale),
    };
    if (learns && s->stage->loss.weights[LOSS_LDL] > 0)
        t.average = learner_average_forward(s->generator, lr);
    NetworkPass *pass = NULL;
    if (learns)
        pass = network_pass_begin(s->generator->network, lr, FORWARD_PLAIN, s->segments, &t.sr);
    else
        t.sr = learner_forward(s->generator, lr);
    if (learns)
        terms_compare(&t);
    if (s->discriminator)
        judge(s, part, step, &t);
    if (pass) {
        if (part->is_last)
            learner_arm(s->generator);
        network_pass_end(pass, t.gradient);
    }
    add_sums(&t, part->fraction, sums);
    return error_pending() ? -1 : 0;
}

static int compute(const StepSetting *s, const uint8_t *lr, const uint8_t *hr, int64_t step,
                   Sums *sums)
{
    learner_zero_gradients(s->generator);
    if (s->discriminator)
        learner_zero_gradients(s->discriminator);
    for (int i = 0; i < step_parts(s->stage); i++) {
        Part part = part_of(s, i);
        tensor_scope_begin();
        int result = compute_part(s, &part, lr, hr, step, sums);
        tensor_scope_end();
        if (result != 0)
            return -1;
    }
    return 0;
}

/* Sums losses, the wish to stop, and gradients over ranks. */
static int exchange(const StepSetting *s, int64_t step, Sums *sums, StepResult *result)
{
    bool learns = generator_learns(s, step);
    sums->interrupted = interrupt_pending();
    if (ranks_sum_doubles((double *)sums, sizeof *sums / sizeof(double)) != 0 ||
        (learns && learner_sum_gradients(s->generator) != 0) ||
        (s->discriminator && learner_sum_gradients(s->discriminator) != 0))
        return -1;
    for (int i = 0; i < TERM_COUNT; i++)
        if (computes_now(s, i, step)) {
            result->losses[i] = sums->losses[i];
            result->known[i] = true;
        }
    result->verdict_real = sums->real;
    result->verdict_fake = sums->fake;
    result->interrupted = sums->interrupted > 0;
    result->generator_norm = learns ? learner_gradient_norm(s->generator) : 0;
    result->discriminator_norm = s->discriminator ? learner_gradient_norm(s->discriminator) : 0;
    return error_pending() ? -1 : 0;
}

/* The same on every rank, as sums over ranks are. */
static void find_broken(const StepSetting *s, int64_t step, StepResult *r)
{
    *r->broken = 0;
    for (int i = 0; i < TERM_COUNT && !*r->broken; i++)
        if (computes_now(s, i, step) && !isfinite(r->losses[i]))
            snprintf(r->broken, sizeof r->broken, "loss %s", term_name(i));
    if (!*r->broken && !isfinite(r->generator_norm))
        snprintf(r->broken, sizeof r->broken, "the generator's gradient");
    if (!*r->broken && !isfinite(r->discriminator_norm))
        snprintf(r->broken, sizeof r->broken, "the discriminator's gradient");
}

int step_compute(const StepSetting *s, const uint8_t *lr, const uint8_t *hr, int64_t step,
                 StepResult *result)
{
    Sums sums = {0};
    double waited = ranks_waited();
    if (compute(s, lr, hr, step, &sums) != 0 || exchange(s, step, &sums, result) != 0)
        return -1;
    result->exchange = ranks_waited() - waited;
    find_broken(s, step, result);
    return 0;
}

int step_apply(const StepSetting *s, const StepResult *result, int64_t step)
{
    if (*result->broken)
        return 0;
    int64_t late = s->discriminator ? s->stage->loss.adversarial.warmup : 0;
    LearnerUpdate update = {s->stage, s->stage->rate, step, step - late, result->generator_norm};
    if (generator_learns(s, step) && learner_update(s->generator, &update) != 0)
        return -1;
    update = (LearnerUpdate){s->stage, s->stage->discriminator_rate, step, step,
                             result->discriminator_norm};
    return s->discriminator ? learner_update(s->discriminator, &update) : 0;
}
