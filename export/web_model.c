#include "export/web_model.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base64.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "export/onnx_model.h"
#include "nets/cost.h"

/* An input that every network takes, for costs of a pixel. */
enum { COST_SIZE = 64, CHANNELS = 3 };
/* Deep networks could see hundreds of pixels around each; what lies beyond the overlap weighs
 * little, and would cost several times the whole. */
enum { LARGEST_OVERLAP = 32 };
/* Tiles: large ones waste little on overlaps, small ones take little memory and tell often how far
 * it is. */
enum { LARGEST_TILE = 256, SMALLEST_TILE = 64 };
#define MOST_TILE_BYTES         1e9 /* of 4 GB that WebAssembly has; it holds about twice the values */
#define MOST_TILE_MULTIPLY_ADDS 80e9
#define SCRIPT_START            "\"use strict\";\nconst MODEL = "
static const size_t LARGEST_FILE = (size_t)1 << 30;

int web_ends(const ExportJob *job, ExportJob ends[2])
{
    ends[0] = ends[1] = *job;
    ends[0].second = ends[1].second = NULL;
    ends[1].model = job->second;
    ends[1].source = job->second_source;
    return job->second ? 2 : 1;
}

static int round_up(int value, int multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

/* The inner edge of tiles. */
static int tile_edge(const Cost *cost, int overlap)
{
    int edge = LARGEST_TILE;
    for (; edge > SMALLEST_TILE; edge /= 2) {
        double pixels = (double)(edge + 2 * overlap) * (edge + 2 * overlap) / COST_SIZE / COST_SIZE;
        bool fits = (double)cost->peak_values * sizeof(float) * 2 * pixels <= MOST_TILE_BYTES;
        bool quick = (double)cost->multiply_adds * pixels <= MOST_TILE_MULTIPLY_ADDS;
        if (fits && (quick || edge / 2 < 4 * overlap))
            break;
    }
    return round_up(edge, cost->alignment);
}

static cJSON *describe(const ExportJob *job)
{
    const Graph *g = job->model->graph;
    Cost cost;
    if (g->nodes[0]->channels != CHANNELS || g->output->channels != CHANNELS) {
        error_set(ERROR_CONFIG, "%s: makes %d channels of %d, but pages are for RGB of RGB",
                  job->source, g->output->channels, g->nodes[0]->channels);
        return NULL;
    }
    if (cost_of_graph(g, COST_SIZE, COST_SIZE, &cost) != 0) {
        error_note("%s", job->source);
        return NULL;
    }
    int overlap = cost.radius < LARGEST_OVERLAP ? cost.radius : LARGEST_OVERLAP;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "version", UNMUSH_VERSION);
    cJSON_AddStringToObject(o, "title", job->model->specification.architecture->title);
    cJSON_AddNumberToObject(o, "scale", job->model->specification.scale);
    cJSON_AddNumberToObject(o, "parameters", (double)cost.parameters);
    cJSON_AddNumberToObject(o, "multiplyAdds", (double)cost.multiply_adds / COST_SIZE / COST_SIZE);
    cJSON_AddNumberToObject(o, "radius", cost.radius);
    cJSON_AddNumberToObject(o, "overlap", overlap);
    cJSON_AddNumberToObject(o, "multiple", cost.multiple);
    cJSON_AddNumberToObject(o, "alignment", cost.alignment);
    cJSON_AddNumberToObject(o, "tile", tile_edge(&cost, overlap));
    cJSON_AddBoolToObject(o, "tilesShow", cost.whole_picture);
    cJSON_AddItemToObject(o, "ends", cJSON_CreateArray());
    return o;
}

/* The file's name, with its folder's where both ends have the same: "l1/model". */
static char *end_name(const ExportJob *job, const char *other)
{
    char *name = file_stem(job->source), *theirs = other ? file_stem(other) : NULL;
    const char *file = file_name(job->source);
    if (theirs && strcmp(name, theirs) == 0 && file - job->source > 1) {
        char *folder = memory_print("%.*s", (int)(file - job->source - 1), job->source);
        char *both = memory_print("%s/%s", file_name(folder), name);
        free(folder);
        free(name);
        name = both;
    }
    free(theirs);
    return name;
}

/* What was last measured of the model, if its metadata say so. */
static void add_figures(cJSON *end, const Model *model)
{
    const char *text = model->weights ? weights_text(model->weights, "unmush.evaluation") : NULL;
    cJSON *measured = text ? cJSON_Parse(text) : NULL;
    static const char *const KEYS[] = {"smoothing", "hallucination"};
    bool whole = measured != NULL;
    for (int i = 0; i < 2; i++)
        whole = whole && cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(measured, KEYS[i]));
    for (int i = 0; i < 2 && whole; i++)
        cJSON_AddNumberToObject(end, KEYS[i],
                                cJSON_GetObjectItemCaseSensitive(measured, KEYS[i])->valuedouble);
    const cJSON *set = cJSON_GetObjectItemCaseSensitive(measured, "set");
    if (whole && cJSON_IsString(set))
        cJSON_AddStringToObject(end, "set", set->valuestring);
    cJSON_Delete(measured);
}

static void add_end(cJSON *object, const ExportJob *job, const char *other)
{
    cJSON *end = cJSON_CreateObject();
    char *name = end_name(job, other);
    cJSON_AddStringToObject(end, "name", name);
    add_figures(end, job->model);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(object, "ends"), end);
    free(name);
}

/* MODEL.ends[index].onnx = "..."; through a file beside, which is removed. */
static int write_onnx(const char *folder, const ExportJob *job, int index, FILE *stream)
{
    char *path = file_join(folder, "model.onnx");
    size_t count = 0;
    int result = onnx_model_write(path, job);
    uint8_t *bytes = result == 0 ? file_read_whole(path, LARGEST_FILE, &count) : NULL;
    if (bytes) {
        fprintf(stream, "MODEL.ends[%d].onnx = \"", index);
        base64_print(bytes, count, stream);
        fprintf(stream, "\";\n");
    }
    unlink(path);
    free(bytes);
    free(path);
    return bytes ? 0 : -1;
}

bool web_model_is_one(const char *path)
{
    char expected[] = SCRIPT_START "{\"version\":\"", found[sizeof expected - 1];
    FILE *stream = file_open(path);
    if (!stream)
        return false;
    size_t count = fread(found, 1, sizeof found, stream);
    fclose(stream);
    return count == sizeof found && memcmp(found, expected, count) == 0;
}

static int write_script(const char *folder, const ExportJob *ends, int count, const cJSON *object)
{
    char *path = file_join(folder, "model.js"), *line = json_line(object);
    FileWriter *writer = file_begin(path);
    int result = writer ? 0 : -1;
    if (writer)
        fprintf(file_stream(writer), SCRIPT_START "%s;\n", line);
    for (int i = 0; i < count && result == 0; i++)
        result = write_onnx(folder, &ends[i], i, file_stream(writer));
    if (result == 0)
        result = file_commit(writer);
    else
        file_abandon(writer);
    free(line);
    free(path);
    return result;
}

int web_model_write(const char *folder, const ExportJob *job)
{
    ExportJob ends[2];
    int count = web_ends(job, ends);
    cJSON *object = describe(job);
    if (!object)
        return -1;
    for (int i = 0; i < count; i++)
        add_end(object, &ends[i], count > 1 ? ends[1 - i].source : NULL);
    int result = write_script(folder, ends, count, object);
    cJSON_Delete(object);
    return result;
}
