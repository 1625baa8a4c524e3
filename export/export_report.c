#include "export/export_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/command.h"
#include "core/json.h"
#include "core/log.h"

static void add_loss(cJSON *object, const Agreement *agreement)
{
    const PictureLoss *loss = &agreement->loss;
    cJSON_AddStringToObject(object, "verified_by", loss->by);
    cJSON_AddNumberToObject(object, "pictures", loss->pictures);
    cJSON_AddItemToObject(object, "loss_psnr_y", json_number(agreement->largest));
    cJSON_AddItemToObject(object, "limit", json_number(agreement->limit));
    static const char *const SIDES[] = {"model", "int8"};
    for (int i = 0; i < 2; i++) {
        cJSON *side = cJSON_AddObjectToObject(object, SIDES[i]);
        cJSON_AddItemToObject(side, "psnr_y", json_number(loss->psnr_y[i]));
        cJSON_AddItemToObject(side, "smoothing", json_number(loss->smoothing[i]));
        cJSON_AddItemToObject(side, "hallucination", json_number(loss->hallucination[i]));
    }
}

static void print_json(const ExportJob *job, const Format *format, const Staging *written,
                       const Agreement *agreement, const char *opens_in)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", written->output);
    cJSON_AddStringToObject(object, "format", format->name);
    if (format->precisions)
        cJSON_AddStringToObject(object, "precision", export_precision(job->options));
    cJSON_AddNumberToObject(object, "files", written->files);
    cJSON_AddNumberToObject(object, "bytes", written->bytes);
    if (opens_in)
        cJSON_AddStringToObject(object, "opens_in", opens_in);
    cJSON_AddBoolToObject(object, "verified", job->options->verify);
    if (agreement->loss.pictures > 0)
        add_loss(object, agreement);
    else if (job->options->verify) {
        cJSON_AddStringToObject(object, "verified_by", agreement->by);
        cJSON_AddItemToObject(object, "largest_difference", json_number(agreement->largest));
        cJSON_AddItemToObject(object, "limit", json_number(agreement->limit));
        cJSON_AddStringToObject(object, "sizes", agreement->sizes);
    }
    char *line = json_line(object);
    puts(line);
    free(line);
    cJSON_Delete(object);
}

static void print_loss(const Agreement *agreement)
{
    const PictureLoss *loss = &agreement->loss;
    printf("verified by %s on %d pictures: PSNR-Y %.2f dB, %.2f in int8 (costs %.2f, limit %g); "
           "smoothing %.3f, %.3f; hallucination %.3f, %.3f\n",
           loss->by, loss->pictures, loss->psnr_y[0], loss->psnr_y[1], agreement->largest,
           agreement->limit, loss->smoothing[0], loss->smoothing[1], loss->hallucination[0],
           loss->hallucination[1]);
}

static void print_lines(const ExportJob *job, const Format *format, const Staging *written,
                        const Agreement *agreement, const char *opens_in)
{
    printf("%s: %s, %s, %.2f MB", written->output, format->title, export_precision(job->options),
           written->bytes / 1e6);
    printf(written->files > 1 ? " in %d files\n" : "\n", written->files);
    if (agreement->loss.pictures > 0)
        print_loss(agreement);
    else if (job->options->verify)
        printf("verified by %s: largest difference %.3g (limit %g) over %d inputs, "
               "sizes %s, batches of 1 and 2\n",
               agreement->by, agreement->largest, agreement->limit, agreement->inputs,
               agreement->sizes);
    if (opens_in)
        printf("%s\n", opens_in);
}

void export_report(const ExportJob *job, const Format *format, const Staging *written,
                   const Agreement *agreement)
{
    if (log_is_quiet() && !command_common()->json)
        return;
    char *opens_in = format->opens_in ? format->opens_in(job) : NULL;
    if (command_common()->json)
        print_json(job, format, written, agreement, opens_in);
    else
        print_lines(job, format, written, agreement, opens_in);
    free(opens_in);
}
