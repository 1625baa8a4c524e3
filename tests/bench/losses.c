/* Time of every loss of pictures, forward and backward, beside L1's.
 *
 *     bench_losses [BATCH EDGE THREADS]     default 16 128 2
 *
 * Pictures are procedural ones and their noisy versions, channels last as networks make them. Every
 * loss must be finite and have a gradient before it is timed. Losses take turns; medians. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "data/synth.h"
#include "losses/charbonnier.h"
#include "losses/colour.h"
#include "losses/consistency.h"
#include "losses/detail.h"
#include "losses/focal_frequency.h"
#include "losses/gradient.h"
#include "losses/l1.h"
#include "losses/ldl.h"
#include "losses/ms_ssim.h"
#include "losses/mse.h"
#include "losses/ssim.h"

enum { ROUNDS = 21 };

typedef struct Pictures {
    Tensor *hr, *sr, *average;
} Pictures;

static Tensor *l1(const Pictures *p)
{
    return loss_l1(p->sr, p->hr, 1);
}

static Tensor *mse(const Pictures *p)
{
    return loss_mse(p->sr, p->hr, 1);
}

static Tensor *charbonnier(const Pictures *p)
{
    return loss_charbonnier(p->sr, p->hr, 1);
}

static Tensor *gradient(const Pictures *p)
{
    return loss_gradient(p->sr, p->hr, 1);
}

static Tensor *colour(const Pictures *p)
{
    return loss_colour(p->sr, p->hr, 1);
}

static Tensor *consistency(const Pictures *p)
{
    return loss_consistency(p->sr, p->hr, 4, 1);
}

static Tensor *detail(const Pictures *p)
{
    return loss_detail(p->sr, p->hr, 4, 3, 1, 1);
}

static Tensor *ssim(const Pictures *p)
{
    return loss_ssim(p->sr, p->hr, 1);
}

static Tensor *ms_ssim(const Pictures *p)
{
    return loss_ms_ssim(p->sr, p->hr, 1);
}

static Tensor *focal_frequency(const Pictures *p)
{
    return loss_focal_frequency(p->sr, p->hr, 1);
}

static Tensor *ldl(const Pictures *p)
{
    return loss_ldl(p->sr, p->hr, p->average, 1);
}

static const struct {
    const char *name;
    Tensor *(*loss)(const Pictures *pictures);
} LOSSES[] = {{"l1", l1},
              {"mse", mse},
              {"charbonnier", charbonnier},
              {"gradient", gradient},
              {"colour", colour},
              {"consistency", consistency},
              {"detail", detail},
              {"ssim", ssim},
              {"ms_ssim", ms_ssim},
              {"focal_frequency", focal_frequency},
              {"ldl", ldl}};
enum { LOSS_COUNT = sizeof LOSSES / sizeof *LOSSES };

/* `noise` levels on every picture. */
static Tensor *draw(int batch, int edge, double noise)
{
    size_t bytes = (size_t)edge * (size_t)edge * 3;
    uint8_t *rgb = memory_array((size_t)batch, bytes);
    Random random = random_stream(1, RANDOM_TEST, (uint64_t)noise, 0);
    for (int i = 0; i < batch; i++) {
        Image image = synth_picture(1, (uint32_t)i, edge, edge);
        for (size_t k = 0; k < bytes; k++) {
            double value = image.rgb[k] + noise * random_normal(&random);
            rgb[(size_t)i * bytes + k] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
        image_free(&image);
    }
    Tensor *t = tensor_channels_last(tensor_from_rgb(rgb, batch, edge, edge));
    free(rgb);
    return t;
}

/* Milliseconds forward and backward. */
static double time_of(int i, const Pictures *pictures)
{
    tensor_scope_begin();
    Pictures p = *pictures;
    p.sr = tensor_leaf(p.sr);
    double began = clock_seconds();
    tensor_backward(LOSSES[i].loss(&p));
    double took = clock_seconds() - began;
    tensor_scope_end();
    return 1000 * took;
}

static int verify(int i, const Pictures *pictures)
{
    tensor_scope_begin();
    Pictures p = *pictures;
    p.sr = tensor_leaf(p.sr);
    Tensor *loss = LOSSES[i].loss(&p);
    tensor_backward(loss);
    bool good = isfinite(tensor_item(loss)) && tensor_item(loss) > 0 &&
                isfinite(tensor_norm(tensor_gradient(p.sr)));
    tensor_scope_end();
    return good ? 0 : error_set(ERROR_TENSOR, "%s: not finite or nought", LOSSES[i].name);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    int batch = argc > 3 ? atoi(argv[1]) : 16, edge = argc > 3 ? atoi(argv[2]) : 128;
    static double times[LOSS_COUNT][ROUNDS];
    tensor_begin(argc > 3 ? atoi(argv[3]) : 2, "auto");
    Pictures pictures = {draw(batch, edge, 0), draw(batch, edge, 8), draw(batch, edge, 6)};
    int status = 0;
    for (int i = 0; i < LOSS_COUNT && status == 0; i++)
        status = verify(i, &pictures);
    for (int round = 0; round < ROUNDS && status == 0; round++)
        for (int i = 0; i < LOSS_COUNT; i++)
            times[i][round] = time_of(i, &pictures);
    if (error_pending()) {
        fprintf(stderr, "%s\n", error_message());
        return 1;
    }
    for (int i = 0; i < LOSS_COUNT; i++)
        qsort(times[i], ROUNDS, sizeof **times, compare);
    printf("%-16s %9s %9s %9s\n", "loss", "median ms", "best ms", "times l1");
    for (int i = 0; i < LOSS_COUNT; i++)
        printf("%-16s %9.2f %9.2f %9.1f\n", LOSSES[i].name, times[i][ROUNDS / 2], times[i][0],
               times[i][ROUNDS / 2] / times[0][ROUNDS / 2]);
    return 0;
}
