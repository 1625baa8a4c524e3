#include "train/terms.h"

#include "core/error.h"
#include "losses/adversarial.h"
#include "losses/charbonnier.h"
#include "losses/colour.h"
#include "losses/consistency.h"
#include "losses/detail.h"
#include "losses/focal_frequency.h"
#include "losses/gradient.h"
#include "losses/l1.h"
#include "losses/ldl.h"
#include "losses/lpips.h"
#include "losses/matching.h"
#include "losses/ms_ssim.h"
#include "losses/mse.h"
#include "losses/r1.h"
#include "losses/ssim.h"

enum { MOST_TAPS = 16 };

/* One pass of the discriminator, whose parameters get gradients from it. */
typedef struct Verdict {
    Tensor *logits;
    Tensor *taps[MOST_TAPS];
} Verdict;

/* Keeps a term's value for the enclosing scope. */
static void set_value(Terms *t, int term, Tensor *value)
{
    t->values[term] = tensor_keep(tensor_detach(value));
}

/* Adds the gradient of a sum of terms, in the enclosing scope. leaf: sr, or what took its place. */
static void add_gradient(Terms *t, Tensor *sum, Tensor *leaf)
{
    Tensor *more = tensor_affine(tensor_gradient_of(sum, leaf), t->fraction, 0);
    Tensor *before = t->gradient;
    t->gradient = tensor_keep(before ? tensor_add(before, more) : more);
    tensor_free(before);
}

/* NULL for those that reach the generator through the discriminator alone. */
static Tensor *direct_term(const Terms *t, Loss loss)
{
    const LossConfig *c = &t->stage->loss;
    Tensor *sr = t->sr, *hr = t->hr;
    double share = t->share;
    int scale = (int)t->config->scale;
    switch (loss) {
    case LOSS_L1:
        return loss_l1(sr, hr, share);
    case LOSS_MSE:
        return loss_mse(sr, hr, share);
    case LOSS_CHARBONNIER:
        return loss_charbonnier(sr, hr, share);
    case LOSS_SSIM:
        return loss_ssim(sr, hr, share);
    case LOSS_MS_SSIM:
        return loss_ms_ssim(sr, hr, share);
    case LOSS_GRADIENT:
        return loss_gradient(sr, hr, share);
    case LOSS_COLOUR:
        return loss_colour(sr, hr, share);
    case LOSS_FOCAL_FREQUENCY:
        return loss_focal_frequency(sr, hr, share);
    case LOSS_LDL:
        return loss_ldl(sr, hr, t->average, share);
    case LOSS_CONSISTENCY:
        return loss_consistency(sr, hr, scale, share);
    case LOSS_DETAIL:
        return loss_detail(sr, hr, scale, c->detail.lost, c->detail.invented, share);
    case LOSS_LPIPS:
        return loss_lpips(t->lpips, sr, hr, share);
    case LOSS_PERCEPTUAL:
        return loss_vgg(t->vgg, &c->perceptual, sr, hr, share);
    case LOSS_FEATURES:
        return loss_vgg(t->vgg, &VGG_REALESRGAN, sr, hr, share);
    case LOSS_ADVERSARIAL:
    case LOSS_COUNT:
        break;
    }
    return NULL;
}

static bool is_judged(const Terms *t, Loss loss)
{
    return loss == LOSS_ADVERSARIAL ||
           (loss == LOSS_FEATURES && config_matches_features(t->config, t->stage));
}

void terms_compare(Terms *t)
{
    const LossConfig *c = &t->stage->loss;
    for (int i = 0; i < LOSS_COUNT && !error_pending(); i++) {
        if (c->weights[i] <= 0 || is_judged(t, (Loss)i))
            continue;
        tensor_scope_begin();
        Tensor *value = direct_term(t, (Loss)i);
        add_gradient(t, tensor_affine(value, c->weights[i], 0), t->sr);
        set_value(t, i, value);
        tensor_scope_end();
    }
}

/* ---- What goes through the discriminator ----------------------------------------------------- */

static Verdict judge(const Terms *t, Tensor *image, int mode)
{
    Verdict v = {0};
    v.logits = network_forward(t->discriminator, image,
                               mode | FORWARD_BATCH_STATISTICS | FORWARD_UPDATE_STATISTICS, v.taps);
    return v;
}

static Tensor *matching(const Terms *t, const Verdict *real, const Verdict *fake)
{
    int count = network_graph(t->discriminator)->tap_count;
    Tensor *constants[MOST_TAPS] = {NULL};
    for (int i = 0; i < count; i++)
        constants[i] = tensor_detach(real->taps[i]);
    return loss_matching(fake->taps, constants, count);
}

/* The generator's terms; `seen`: sr, of which `fake` is the verdict. */
static void generator_terms(Terms *t, const Verdict *real, const Verdict *fake, Tensor *seen)
{
    const LossConfig *c = &t->stage->loss;
    Tensor *sum = NULL;
    for (int i = 0; i < LOSS_COUNT && !error_pending(); i++) {
        if (c->weights[i] <= 0 || !is_judged(t, (Loss)i))
            continue;
        Tensor *value =
            i == LOSS_FEATURES
                ? matching(t, real, fake)
                : loss_adversarial_generator((AdversarialKind)c->adversarial.kind,
                                             tensor_detach(real->logits), fake->logits, t->share);
        Tensor *term = tensor_affine(value, c->weights[i], 0);
        sum = sum ? tensor_add(sum, term) : term;
        set_value(t, i, value);
    }
    if (sum)
        add_gradient(t, sum, seen);
}

/* The mean of what the discriminator says, as a probability where it is one. */
static Tensor *mean_verdict(const Terms *t, Tensor *logits)
{
    int kind = t->stage->loss.adversarial.kind;
    Tensor *x = tensor_detach(logits);
    bool is_logit = kind == ADVERSARIAL_VANILLA || kind == ADVERSARIAL_RELATIVISTIC;
    return tensor_keep(tensor_affine(tensor_mean(is_logit ? tensor_sigmoid(x) : x), t->share, 0));
}

void terms_judge(Terms *t, bool generator)
{
    AdversarialKind kind = (AdversarialKind)t->stage->loss.adversarial.kind;
    tensor_scope_begin();
    Verdict real = judge(t, t->hr, FORWARD_UPDATE_SPECTRAL);
    Tensor *seen = tensor_leaf(t->sr);
    Verdict fake = judge(t, seen, FORWARD_PLAIN);
    if (generator)
        generator_terms(t, &real, &fake, seen);
    Tensor *loss = loss_adversarial_discriminator(kind, real.logits, fake.logits, t->share);
    set_value(t, TERM_DISCRIMINATOR, loss);
    t->real = mean_verdict(t, real.logits);
    t->fake = mean_verdict(t, fake.logits);
    tensor_backward(tensor_affine(loss, t->fraction, 0));
    tensor_scope_end();
}

/* The squared gradient of the verdict on HR pictures, from a pass of its own: half of it, and of as
 * many steps as go without it. */
void terms_penalise(Terms *t)
{
    const LossConfig *c = &t->stage->loss;
    double weight = 0.5 * c->adversarial.r1 * (double)c->adversarial.r1_every;
    tensor_scope_begin();
    Tensor *image = tensor_leaf(t->hr);
    Tensor *logits =
        network_forward(t->discriminator, image, FORWARD_BATCH_STATISTICS | FORWARD_TWICE, NULL);
    Tensor *penalty = loss_r1(logits, image, t->share);
    set_value(t, TERM_R1, penalty);
    tensor_backward(tensor_affine(penalty, weight * t->fraction, 0));
    tensor_scope_end();
}
