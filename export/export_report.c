#include "export/export_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/command.h"
#include "core/json.h"
#include "core/log.h"

static void print_json(const ExportJob *job, const Format *format, const Staging *written,
                       const Agreement *agreement, const char *opens_in)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "file", written->output);
    cJSON_AddStringToObject(object, "format", format->name);
    if (format->precisions)
        cJSON_AddStringToObject(object, "precision", job->options->half ? "fp16" : "fp32");
    cJSON_AddNumberToObject(object, "files", written->files);
    cJSON_AddNumberToObject(object, "bytes", written->bytes);
    if (opens_in)
        cJSON_AddStringToObject(object, "opens_in", opens_in);
    cJSON_AddBoolToObject(object, "verified", job->options->verify);
    if (job->options->verify) {
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

static void print_lines(const ExportJob *job, const Format *format, const Staging *written,
                        const Agreement *agreement, const char *opens_in)
{
    printf("%s: %s, %s%.2f MB", written->output, format->title,
           job->options->half ? "float16, " : "", written->bytes / 1e6);
    printf(written->files > 1 ? " in %d files\n" : "\n", written->files);
    if (job->options->verify)
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
