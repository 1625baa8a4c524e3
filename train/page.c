#include "train/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "eval/html.h"
#include "train/scalars.h"
#include "train/series.h"
#include "train/standing.h"

extern const char PAGE_TEMPLATE[]; /* report.html, embedded by the build */

enum { REFRESH_SECONDS = 30 };

struct Page {
    const Config *config;
    SeriesSet series;
    Mark *marks; /* one per validation */
    int mark_count, mark_capacity;
    int stage_marks; /* the first mark of the newest stage */
    char *stage;     /* its name */
    cJSON *alarms;   /* their lines */
    cJSON *baseline; /* bicubic's measures, or NULL */
    int64_t step;    /* of the newest line */
    char *pictures;  /* HTML */
};

Page *page_new(const Config *config)
{
    Page *p = memory_new(sizeof *p);
    p->config = config;
    p->alarms = cJSON_CreateArray();
    p->pictures = memory_copy_string("");
    return p;
}

void page_clear(Page *p)
{
    series_clear(&p->series);
    cJSON_Delete(p->alarms);
    cJSON_Delete(p->baseline);
    free(p->stage);
    p->stage = NULL;
    p->alarms = cJSON_CreateArray();
    p->baseline = NULL;
    p->mark_count = p->stage_marks = 0;
    p->step = 0;
}

void page_free(Page *p)
{
    if (!p)
        return;
    page_clear(p);
    cJSON_Delete(p->alarms);
    free(p->marks);
    free(p->pictures);
    free(p);
}

/* ---- What lines say ------------------------------------------------------------------------- */

static void begin_stage(Page *p, const cJSON *line)
{
    const cJSON *stage = cJSON_GetObjectItemCaseSensitive(line, "stage");
    if (!cJSON_IsString(stage) || (p->stage && strcmp(p->stage, stage->valuestring) == 0))
        return;
    free(p->stage);
    p->stage = memory_copy_string(stage->valuestring);
    p->stage_marks = p->mark_count;
}

static Mark mark_of(const cJSON *measures, int64_t step)
{
    return (Mark){.step = step,
                  .smoothing = scalars_get(measures, "smoothing"),
                  .sharpening = scalars_get(measures, "sharpening"),
                  .hallucination = scalars_get(measures, "hallucination"),
                  .detail_energy = scalars_get(measures, "detail_energy"),
                  .psnr_y = scalars_get(measures, "psnr_y")};
}

static void add_mark(Page *p, const cJSON *measures)
{
    Mark mark = mark_of(measures, p->step);
    if (isnan(mark.smoothing) || isnan(mark.hallucination))
        return; /* pictures without detail */
    memory_grow(&p->marks, p->mark_count, &p->mark_capacity, sizeof *p->marks);
    p->marks[p->mark_count++] = mark;
}

void page_add(Page *p, const cJSON *line)
{
    const cJSON *validation = cJSON_GetObjectItemCaseSensitive(line, "validation");
    const cJSON *baseline = cJSON_GetObjectItemCaseSensitive(line, "baseline");
    p->step = scalars_step(line);
    begin_stage(p, line);
    if (cJSON_GetObjectItemCaseSensitive(line, "alarm")) {
        cJSON_AddItemToArray(p->alarms, cJSON_Duplicate(line, true));
    } else if (baseline) {
        cJSON_Delete(p->baseline);
        p->baseline = cJSON_Duplicate(baseline, true);
    } else {
        series_add_line(&p->series, line);
    }
    if (validation)
        add_mark(p, validation);
}

/* ---- Pictures ---------------------------------------------------------------------------------
 */

static int print_strips(FILE *stream, const Validation *validation, int64_t step)
{
    const Strips *strips = validation_strips(validation);
    char now[64];
    snprintf(now, sizeof now, "step %lld", (long long)step);
    const char *names[] = {"input", "bicubic", now, "truth"};
    for (int k = 0; k < strips->count; k++) {
        const char *picture = validation_name(validation, strips->items[k].picture);
        fputs("<h3>", stream);
        html_text(stream, picture);
        fputs("</h3>\n<div class=\"strip\">\n", stream);
        for (int tile = 0; tile < strips->tiles; tile++) {
            if (html_crop(stream, &strips->items[k], tile, picture, names[tile]) != 0)
                return -1;
            fputs("</figcaption></figure>\n", stream);
        }
        fputs("</div>\n", stream);
    }
    return 0;
}

int page_show(Page *p, const Validation *validation, int64_t step)
{
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        return error_set_errno(ERROR_FILE, "report.html");
    int result = print_strips(stream, validation, step);
    fclose(stream);
    free(p->pictures);
    p->pictures = text;
    return result;
}

/* ---- The page ---------------------------------------------------------------------------------
 */

/* A number in as few digits as a curve needs. */
static cJSON *short_number(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.5g", value);
    return cJSON_CreateRaw(text);
}

static cJSON *dump_series(const Series *series)
{
    cJSON *pair = cJSON_CreateArray(), *steps = cJSON_CreateArray(), *values = cJSON_CreateArray();
    for (int i = 0; i < series_count(series); i++) {
        cJSON_AddItemToArray(steps, cJSON_CreateNumber(series_step(series, i)));
        cJSON_AddItemToArray(values, short_number(series_value(series, i)));
    }
    cJSON_AddItemToArray(pair, steps);
    cJSON_AddItemToArray(pair, values);
    return pair;
}

static cJSON *dump_marks(const Page *p)
{
    cJSON *marks = cJSON_CreateArray();
    for (int i = 0; i < p->mark_count; i++) {
        cJSON *mark = cJSON_CreateArray();
        cJSON_AddItemToArray(mark, cJSON_CreateNumber((double)p->marks[i].step));
        cJSON_AddItemToArray(mark, short_number(p->marks[i].smoothing));
        cJSON_AddItemToArray(mark, short_number(p->marks[i].hallucination));
        cJSON_AddItemToArray(marks, mark);
    }
    return marks;
}

static cJSON *dump_stages(const Config *config)
{
    cJSON *stages = cJSON_CreateArray();
    for (int i = 0; i < config->stages.count; i++) {
        cJSON *stage = cJSON_CreateObject();
        cJSON_AddStringToObject(stage, "name", config_stage(config, i)->name);
        cJSON_AddNumberToObject(stage, "from", (double)config_steps_before(config, i));
        cJSON_AddItemToArray(stages, stage);
    }
    return stages;
}

static cJSON *dump(const Page *p, PageState state)
{
    cJSON *root = cJSON_CreateObject(), *series = cJSON_AddObjectToObject(root, "series");
    for (int i = 0; i < p->series.count; i++)
        cJSON_AddItemToObject(series, p->series.items[i].tag, dump_series(&p->series.items[i]));
    cJSON_AddNumberToObject(root, "step", (double)p->step);
    cJSON_AddNumberToObject(root, "steps",
                            (double)config_steps_before(p->config, p->config->stages.count));
    cJSON_AddItemToObject(root, "stages", dump_stages(p->config));
    cJSON_AddItemToObject(root, "track", dump_marks(p));
    cJSON_AddItemToObject(root, "alarms", cJSON_Duplicate(p->alarms, true));
    if (p->baseline)
        cJSON_AddItemToObject(root, "bicubic", cJSON_Duplicate(p->baseline, true));
    cJSON_AddNumberToObject(root, "written", (double)time(NULL));
    cJSON_AddNumberToObject(root, "refresh", state == PAGE_RUNNING ? REFRESH_SECONDS : 0);
    return root;
}

/* JSON inside a script element: no text in it may end the element. */
static void print_data(FILE *stream, const Page *p, PageState state)
{
    cJSON *root = dump(p, state);
    char *text = json_line(root);
    for (const char *c = text; *c; c++)
        if (*c == '<')
            fputs("\\u003c", stream);
        else
            fputc(*c, stream);
    free(text);
    cJSON_Delete(root);
}

static void print_standing(FILE *stream, const Page *p)
{
    char text[512];
    Mark bicubic = p->baseline ? mark_of(p->baseline, 0) : (Mark){.step = -1};
    if (isnan(bicubic.smoothing))
        bicubic.step = -1;
    int first = p->stage_marks < p->mark_count ? p->stage_marks : p->mark_count - 1;
    first = first < 0 ? 0 : first;
    if (p->config->data.validation.hr)
        standing_describe(p->marks + first, p->mark_count - first, &bicubic, text, sizeof text);
    else
        snprintf(text, sizeof text,
                 "Without validation pictures (data.validation.hr) nobody can "
                 "say where this run stands.");
    html_text(stream, text);
}

static void print_duration(FILE *stream, double seconds)
{
    long s = lround(seconds);
    if (s >= 3600)
        fprintf(stream, "%ld&nbsp;h %02ld&nbsp;min", s / 3600, s / 60 % 60);
    else if (s >= 60)
        fprintf(stream, "%ld&nbsp;min", (s + 30) / 60);
    else
        fprintf(stream, "%ld&nbsp;s", s);
}

static void print_state(FILE *stream, const Page *p, PageState state, const char *reason)
{
    int64_t steps = config_steps_before(p->config, p->config->stages.count);
    const Series *seconds = series_find(&p->series, "seconds");
    int count = series_count(seconds);
    fprintf(stream, "Step %lld of %lld, ", (long long)p->step, (long long)steps);
    if (state == PAGE_FINISHED)
        fputs("finished", stream);
    else if (state == PAGE_STOPPED)
        html_text(stream, reason ? reason : "stopped");
    else if (count > 0) {
        print_duration(stream, series_value(seconds, count - 1) * (double)(steps - p->step));
        fputs(" left", stream);
    } else
        fputs("starting", stream);
}

static void print_alarms(FILE *stream, const Page *p)
{
    enum { MOST_SHOWN = 30 };
    int count = cJSON_GetArraySize(p->alarms);
    if (count == 0) {
        fputs("<p class=\"note\">None so far.</p>\n", stream);
        return;
    }
    fputs("<ul class=\"alarms\">\n", stream);
    for (int i = count - 1; i >= 0 && i >= count - MOST_SHOWN; i--) {
        const cJSON *line = cJSON_GetArrayItem(p->alarms, i);
        const cJSON *kind = cJSON_GetObjectItemCaseSensitive(line, "alarm");
        const cJSON *message = cJSON_GetObjectItemCaseSensitive(line, "message");
        fprintf(stream, "<li><b>step %lld: ", (long long)scalars_step(line));
        html_text(stream, cJSON_IsString(kind) ? kind->valuestring : "");
        fputs("</b> ", stream);
        html_text(stream, cJSON_IsString(message) ? message->valuestring : "");
        fputs("</li>\n", stream);
    }
    fputs("</ul>\n", stream);
    if (count > MOST_SHOWN)
        fprintf(stream, "<p class=\"note\">And %d older ones, in log.jsonl.</p>\n",
                count - MOST_SHOWN);
}

static void fill(FILE *stream, const char *name, size_t length, const Page *p, PageState state,
                 const char *reason)
{
    if (strncmp(name, "name", length) == 0)
        html_text(stream, p->config->name);
    else if (strncmp(name, "state", length) == 0)
        print_state(stream, p, state, reason);
    else if (strncmp(name, "standing", length) == 0)
        print_standing(stream, p);
    else if (strncmp(name, "alarms", length) == 0)
        print_alarms(stream, p);
    else if (strncmp(name, "pictures", length) == 0)
        fputs(*p->pictures ? p->pictures : "<p class=\"note\">None yet.</p>\n", stream);
    else if (strncmp(name, "data", length) == 0)
        print_data(stream, p, state);
}

int page_write(const Page *p, PageState state, const char *reason, const char *path)
{
    FileWriter *writer = file_begin(path);
    if (!writer)
        return -1;
    FILE *stream = file_stream(writer);
    const char *at = PAGE_TEMPLATE;
    for (const char *open; (open = strstr(at, "{{"));) {
        const char *close = strstr(open, "}}");
        fwrite(at, 1, (size_t)(open - at), stream);
        fill(stream, open + 2, (size_t)(close - open) - 2, p, state, reason);
        at = close + 2;
    }
    fputs(at, stream);
    return file_commit(writer);
}
