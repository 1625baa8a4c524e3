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

static void judge(const Terms *t, Tensor *image, int mode, Verdict *verdict)
{
    verdict->logits =
        network_forward(t->discriminator, image,
                        mode | FORWARD_BATCH_STATISTICS | FORWARD_UPDATE_STATISTICS, verdict->taps);
}

static Tensor *matching(const Terms *t)
{
    int count = network_graph(t->discriminator)->tap_count;
    Tensor *constants[TERMS_MOST_TAPS] = {NULL};
    for (int i = 0; i < count; i++)
        constants[i] = tensor_detach(t->real.taps[i]);
    return loss_matching(t->fake.taps, constants, count);
}

static Tensor *generator_term(const Terms *t, Loss loss)
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
        return config_matches_features(t->config, t->stage)
                   ? matching(t)
                   : loss_vgg(t->vgg, &VGG_REALESRGAN, sr, hr, share);
    case LOSS_ADVERSARIAL:
        return loss_adversarial_generator((AdversarialKind)c->adversarial.kind,
                                          tensor_detach(t->real.logits), t->fake.logits, share);
    case LOSS_COUNT:
        break;
    }
    return NULL;
}

/* The squared gradient of the verdict on HR pictures, from a pass of its own. */
static Tensor *penalty_term(const Terms *t)
{
    Tensor *image = tensor_leaf(t->hr);
    Tensor *logits =
        network_forward(t->discriminator, image, FORWARD_BATCH_STATISTICS | FORWARD_TWICE, NULL);
    return loss_r1(logits, image, t->share);
}

void terms_compute(Terms *t, bool generator, bool penalty)
{
    const LossConfig *c = &t->stage->loss;
    if (t->discriminator) {
        judge(t, t->hr, FORWARD_UPDATE_SPECTRAL, &t->real);
        t->seen = tensor_leaf(t->sr);
        judge(t, t->seen, FORWARD_PLAIN, &t->fake);
        t->values[TERM_DISCRIMINATOR] = loss_adversarial_discriminator(
            (AdversarialKind)c->adversarial.kind, t->real.logits, t->fake.logits, t->share);
        t->values[TERM_R1] = penalty ? penalty_term(t) : NULL;
    }
    for (int i = 0; generator && i < LOSS_COUNT && !error_pending(); i++)
        if (c->weights[i] > 0)
            t->values[i] = generator_term(t, (Loss)i);
}

static TermsPath path_of(const Terms *t, int loss)
{
    return loss == LOSS_ADVERSARIAL ||
                   (loss == LOSS_FEATURES && config_matches_features(t->config, t->stage))
               ? TERMS_JUDGED
               : TERMS_DIRECT;
}

Tensor *terms_sum(const Terms *t, TermsPath path)
{
    Tensor *sum = NULL;
    for (int i = 0; i < LOSS_COUNT; i++) {
        if (!t->values[i] || path_of(t, i) != path)
            continue;
        Tensor *term = tensor_affine(t->values[i], t->stage->loss.weights[i], 0);
        sum = sum ? tensor_add(sum, term) : term;
    }
    return sum;
}

void terms_verdicts(const Terms *t, double *real, double *fake)
{
    int kind = t->stage->loss.adversarial.kind;
    bool logits = kind == ADVERSARIAL_VANILLA || kind == ADVERSARIAL_RELATIVISTIC;
    tensor_no_grad_begin();
    Tensor *r = t->real.logits, *f = t->fake.logits;
    *real = t->share * tensor_item(tensor_mean(logits ? tensor_sigmoid(r) : r));
    *fake = t->share * tensor_item(tensor_mean(logits ? tensor_sigmoid(f) : f));
    tensor_no_grad_end();
}
