#include "train/alarms.h"

#include <math.h>

const char *const ALARM_NAMES[ALARM_COUNT] = {"not-finite", "roll-back",     "variance",
                                              "colour",     "discriminator", "divergence"};

static const double REAL_WON = 0.95, FAKE_WON = 0.05;
static const double VARIANCE_SHARE = 0.5, COLOUR_LEVELS = 4;
static const double FALL = 1, ADVERSARIAL_FALL = 5, BELOW_BICUBIC = 0.5; /* dB */
static const double RISE = 2, ADVERSARIAL_RISE = 3;

static bool all_above(const double *values, int count, int window, double limit)
{
    for (int i = count - window; i < count; i++)
        if (i < 0 || !(values[i] > limit))
            return false;
    return true;
}

static bool all_below(const double *values, int count, int window, double limit)
{
    for (int i = count - window; i < count; i++)
        if (i < 0 || !(values[i] < limit))
            return false;
    return true;
}

bool alarm_discriminator(const double *real, const double *fake, int count)
{
    return all_above(real, count, ALARM_LINES, REAL_WON) &&
           all_below(fake, count, ALARM_LINES, FAKE_WON);
}

bool alarm_variance(const double *variances, int count, double bicubic)
{
    return all_below(variances, count, ALARM_VALIDATIONS, VARIANCE_SHARE * bicubic);
}

bool alarm_colour(const double *drifts, int count, double bicubic)
{
    return all_above(drifts, count, ALARM_VALIDATIONS, bicubic + COLOUR_LEVELS);
}

bool alarm_fidelity(const double *psnr, int count, double bicubic, bool adversarial)
{
    double best = -INFINITY;
    for (int i = 0; i < count; i++)
        best = fmax(best, psnr[i]);
    if (count > 0 && psnr[count - 1] < best - (adversarial ? ADVERSARIAL_FALL : FALL))
        return true;
    return !adversarial && all_below(psnr, count, ALARM_FIDELITIES, bicubic - BELOW_BICUBIC) &&
           psnr[count - 1] <= psnr[count - ALARM_FIDELITIES];
}

double alarm_mean(const double *values, int count)
{
    double sum = 0;
    for (int i = count - ALARM_LINES; i < count; i++)
        sum += i < 0 ? (double)NAN : values[i];
    return sum / ALARM_LINES;
}

bool alarm_loss(const double *losses, int count, double least, bool adversarial)
{
    return alarm_mean(losses, count) > least * (adversarial ? ADVERSARIAL_RISE : RISE);
}
