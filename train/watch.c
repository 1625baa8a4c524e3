#include "train/watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "train/scalars.h"

enum { MOST_LOSSES = 32, MOST_PSNR = 4096 };

/* The newest values, oldest first. */
typedef struct Window {
    double values[ALARM_LINES];
    int count;
} Window;

/* A loss of fixed scale, and the least mean of its window so far. */
typedef struct LossWindow {
    char tag[SCALAR_LONGEST_TAG];
    Window window;
    double least;
} LossWindow;

struct Watch {
    char stage[128]; /* whose values the windows hold */
    bool adversarial;
    Window real, fake, variances, drifts;
    double psnr[MOST_PSNR];
    int psnr_count;
    LossWindow losses[MOST_LOSSES];
    int loss_count;
    double variance, drift, fidelity; /* bicubic's, NAN if they are not known */
    bool raised[ALARM_COUNT];
};

Watch *watch_new(void)
{
    Watch *w = memory_new(sizeof *w);
    w->variance = w->drift = w->fidelity = (double)NAN;
    return w;
}

void watch_free(Watch *w)
{
    free(w);
}

static void push(Window *w, double value)
{
    if (w->count == ALARM_LINES)
        memmove(w->values, w->values + 1, sizeof w->values - sizeof *w->values);
    else
        w->count++;
    w->values[w->count - 1] = value;
}

/* A full history keeps its best: the older half of it is represented by that one. */
static void push_psnr(Watch *w, double value)
{
    if (w->psnr_count == MOST_PSNR) {
        for (int i = 1; i <= MOST_PSNR / 2; i++)
            w->psnr[0] = fmax(w->psnr[0], w->psnr[i]);
        memmove(w->psnr + 1, w->psnr + MOST_PSNR / 2, MOST_PSNR / 2 * sizeof *w->psnr);
        w->psnr_count = MOST_PSNR / 2 + 1;
    }
    w->psnr[w->psnr_count++] = value;
}

static void begin_stage(Watch *w, const cJSON *line)
{
    const cJSON *stage = cJSON_GetObjectItemCaseSensitive(line, "stage");
    if (!cJSON_IsString(stage) || strcmp(stage->valuestring, w->stage) == 0)
        return;
    Watch fresh = {.variance = w->variance, .drift = w->drift, .fidelity = w->fidelity};
    snprintf(fresh.stage, sizeof fresh.stage, "%s", stage->valuestring);
    *w = fresh;
}

/* Losses whose scale changes with a network that learns cannot be compared over time. */
static bool is_fixed(const char *tag)
{
    static const char *const FIXED[] = {"losses/l1", "losses/mse", "losses/charbonnier",
                                        "losses/ssim", "losses/ms_ssim"};
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
        if (strcmp(tag, FIXED[i]) == 0)
            return true;
    return false;
}

static void take_loss(void *context, const char *tag, double value)
{
    Watch *w = context;
    w->adversarial = w->adversarial || strcmp(tag, "losses/adversarial") == 0;
    if (!is_fixed(tag))
        return;
    int i = 0;
    while (i < w->loss_count && strcmp(w->losses[i].tag, tag) != 0)
        i++;
    if (i == MOST_LOSSES)
        return;
    LossWindow *loss = &w->losses[i];
    if (i == w->loss_count) {
        w->loss_count++;
        snprintf(loss->tag, sizeof loss->tag, "%s", tag);
        loss->least = INFINITY;
    }
    push(&loss->window, value);
    loss->least = fmin(loss->least, alarm_mean(loss->window.values, loss->window.count));
}

static void take_baseline(Watch *w, const cJSON *baseline)
{
    w->variance = scalars_get(baseline, "variance");
    w->drift = scalars_get(baseline, "colour");
    w->fidelity = scalars_get(baseline, "psnr_y");
}

static void take_validation(Watch *w, const cJSON *means)
{
    double psnr = scalars_get(means, "psnr_y");
    push(&w->variances, scalars_get(means, "variance"));
    push(&w->drifts, scalars_get(means, "colour"));
    if (!isnan(psnr))
        push_psnr(w, psnr);
}

static void take_step(Watch *w, const cJSON *line)
{
    double real = scalars_get(line, "verdicts/real");
    if (!isnan(real)) {
        push(&w->real, real);
        push(&w->fake, scalars_get(line, "verdicts/fake"));
    }
    scalars_visit(line, take_loss, w);
}

static double newest(const Window *w)
{
    return w->count > 0 ? w->values[w->count - 1] : (double)NAN;
}

/* The first loss that has risen, or NULL. */
static const LossWindow *find_risen(const Watch *w)
{
    for (int i = 0; i < w->loss_count; i++) {
        const LossWindow *loss = &w->losses[i];
        if (alarm_loss(loss->window.values, loss->window.count, loss->least, w->adversarial))
            return loss;
    }
    return NULL;
}

static bool is_on(const Watch *w, AlarmKind kind, char *text, size_t size)
{
    const LossWindow *risen;
    switch (kind) {
    case ALARM_VARIANCE:
        snprintf(text, size,
                 "the output has lost its contrast: its variance is %.2f of the truth's, bicubic's "
                 "%.2f",
                 newest(&w->variances), w->variance);
        return alarm_variance(w->variances.values, w->variances.count, w->variance);
    case ALARM_COLOUR:
        snprintf(text, size, "the output's mean colour is %.1f grey levels off the truth's",
                 newest(&w->drifts));
        return alarm_colour(w->drifts.values, w->drifts.count, w->drift);
    case ALARM_DISCRIMINATOR:
        snprintf(text, size,
                 "the discriminator has won: it gives true pictures %.3f and made ones %.3f, and "
                 "teaches nothing; a lower discriminator_rate may help",
                 newest(&w->real), newest(&w->fake));
        return alarm_discriminator(w->real.values, w->fake.values, w->real.count);
    case ALARM_DIVERGENCE:
        risen = find_risen(w);
        if (risen)
            snprintf(text, size, "loss %s has risen to %.3g from %.3g: the rate may be too high",
                     risen->tag + strlen("losses/"),
                     alarm_mean(risen->window.values, risen->window.count), risen->least);
        else if (w->psnr_count > 0)
            snprintf(text, size,
                     "validation's PSNR-Y has fallen to %.2f dB: the rate may be too high",
                     w->psnr[w->psnr_count - 1]);
        return risen || alarm_fidelity(w->psnr, w->psnr_count, w->fidelity, w->adversarial);
    case ALARM_NOT_FINITE:
    case ALARM_ROLL_BACK:
    case ALARM_COUNT:
        break; /* the run itself raises these */
    }
    return false;
}

int watch_add(Watch *w, const cJSON *line, RaisedAlarm raised[ALARM_COUNT])
{
    const cJSON *validation = cJSON_GetObjectItemCaseSensitive(line, "validation");
    const cJSON *baseline = cJSON_GetObjectItemCaseSensitive(line, "baseline");
    int count = 0;
    if (cJSON_GetObjectItemCaseSensitive(line, "alarm"))
        return 0;
    begin_stage(w, line);
    if (baseline)
        take_baseline(w, baseline);
    else if (validation)
        take_validation(w, validation);
    else
        take_step(w, line);
    for (AlarmKind kind = ALARM_VARIANCE; kind < ALARM_COUNT; kind++) {
        RaisedAlarm alarm = {.kind = kind};
        bool on = is_on(w, kind, alarm.message, sizeof alarm.message);
        if (on && !w->raised[kind])
            raised[count++] = alarm;
        w->raised[kind] = on;
    }
    return count;
}
