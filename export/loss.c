#include "export/loss.h"

#include <math.h>
#include <stdio.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/threads.h"
#include "data/image.h"
#include "data/resample.h"
#include "eval/metrics.h"
#include "upscale/upscaler.h"

/* Smaller pictures leave nothing to measure. */
enum { LEAST_EXTENT = 48 };

static int fitting(int extent, int scale)
{
    return (extent < LOSS_EXTENT ? extent : LOSS_EXTENT) / scale * scale;
}

/* The middle of a picture, extents multiples of the scale. */
static int read_truth(const char *path, int scale, Image *hr)
{
    Image whole;
    if (image_read(path, &whole) != 0)
        return -1;
    int w = fitting(whole.width, scale), h = fitting(whole.height, scale);
    int result = 0;
    if (w < LEAST_EXTENT || h < LEAST_EXTENT)
        result = error_set(ERROR_SHAPE, "%s: too small to judge by", path);
    else
        *hr = image_crop(&whole, (whole.width - w) / 2, (whole.height - h) / 2, w, h);
    image_free(&whole);
    return result;
}

static int judge(Upscaler *upscaler, const Image *lr, const Reference *reference, double *values)
{
    Image sr = {0};
    Measurement measured;
    int result = upscaler_run(upscaler, lr, &sr);
    if (result == 0)
        result = metrics_measure(reference, &sr, &measured, NULL);
    image_free(&sr);
    if (result != 0)
        return -1;
    values[0] += measured.values[METRIC_PSNR_Y];
    values[1] += measured.values[METRIC_SMOOTHING];
    values[2] += measured.values[METRIC_HALLUCINATION];
    return 0;
}

/* sums: of the model, of the file. */
static int judge_picture(Upscaler *const both[2], const char *path, double sums[2][3])
{
    int scale = upscaler_scale(both[0]);
    Image hr = {0};
    if (interrupt_pending())
        return error_set(ERROR_INTERRUPT, "interrupted");
    if (read_truth(path, scale, &hr) != 0)
        return -1;
    Image lr = image_resample(&hr, hr.width / scale, hr.height / scale, KERNEL_BICUBIC);
    Reference *reference = reference_new(&hr, scale, scale);
    int result = reference ? 0 : -1;
    for (int i = 0; i < 2 && result == 0; i++)
        result = judge(both[i], &lr, reference, sums[i]);
    reference_free(reference);
    image_free(&lr);
    image_free(&hr);
    return result == 0 ? 0 : error_note("%s", path);
}

static int judge_all(Upscaler *const both[2], const StringList *pictures, PictureLoss *loss)
{
    FileList files = {0};
    double sums[2][3] = {{0}};
    int result = 0;
    for (int i = 0; result == 0 && i < pictures->count; i++)
        result = image_list(pictures->items[i], &files);
    int count = files.count < LOSS_MOST_PICTURES ? files.count : LOSS_MOST_PICTURES;
    for (int i = 0; result == 0 && i < count; i++)
        result = judge_picture(both, files.paths[(int64_t)i * files.count / count], sums);
    for (int i = 0; result == 0 && i < 2; i++) {
        loss->psnr_y[i] = sums[i][0] / count;
        loss->smoothing[i] = sums[i][1] / count;
        loss->hallucination[i] = sums[i][2] / count;
    }
    loss->pictures = result == 0 ? count : 0;
    file_list_free(&files);
    return result;
}

int picture_loss(const char *path, const Model *model, const StringList *pictures,
                 PictureLoss *loss)
{
    *loss = (PictureLoss){0};
    if (tensor_begin(threads_count(), "cpu") != 0)
        return -1;
    Upscaler *both[2] = {upscaler_new(model, PRECISION_FP32, 0), NULL};
    if (both[0])
        both[1] = upscaler_open(path, PRECISION_FP32, ONNX_AUTO, 0);
    int result = both[1] ? judge_all(both, pictures, loss) : -1;
    if (both[1])
        snprintf(loss->by, sizeof loss->by, "%s", upscaler_engine(both[1]));
    upscaler_free(both[0]);
    upscaler_free(both[1]);
    return result;
}
