/* The model files of a run. */
#include <stdlib.h>

#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "nets/model.h"
#include "train/run.h"

/* What a model was made from. The caller deletes it. */
static cJSON *provenance(const Run *run, const StageConfig *stage)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "run", run->config->name);
    cJSON_AddStringToObject(root, "stage", stage->name);
    cJSON_AddNumberToObject(root, "steps", (double)run->position.step);
    if (run->config->generator_weights)
        cJSON_AddStringToObject(root, "start", run->config->generator_weights);
    cJSON *data = cJSON_AddArrayToObject(root, "data");
    for (int i = 0; i < run->source_count; i++) {
        cJSON *source = pair_source_describe(run->sources[i].source);
        cJSON_AddNumberToObject(source, "weight", run->sources[i].weight);
        cJSON_AddItemToArray(data, source);
    }
    return root;
}

/* What the validation of this very step has measured, as export/metadata.h has it. */
static void set_evaluation(const Run *run, Weights *weights)
{
    static const char *const KEYS[] = {"smoothing", "hallucination", "psnr_y", "detail_energy"};
    const cJSON *measures = chronicle_measures(run->chronicle, run->position.step);
    if (!cJSON_GetObjectItemCaseSensitive(measures, KEYS[0]))
        return;
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(measures, KEYS[i]);
        cJSON_AddItemToObject(object, KEYS[i], cJSON_Duplicate(value, 1));
    }
    cJSON_AddStringToObject(object, "set", file_name(run->config->data.validation.hr));
    cJSON_AddNumberToObject(object, "pictures", validation_count(run->validation));
    cJSON_AddStringToObject(object, "degradation", "bicubic");
    cJSON_AddNumberToObject(object, "scale", (double)run->config->scale);
    char *text = json_line(object);
    weights_set_text(weights, "unmush.evaluation", text);
    free(text);
    cJSON_Delete(object);
}

/* The averaged generator as FOLDER/NAME.safetensors. */
static int write_as(const Run *run, const char *name, const cJSON *origin)
{
    Weights *weights = network_weights(run->generator->network, run->generator->average);
    if (!weights)
        return -1;
    char *text = json_line(origin);
    weights_set_text(weights, "unmush.config", run->config_text);
    weights_set_text(weights, "unmush.provenance", text);
    set_evaluation(run, weights);
    char *path = memory_print("%s/%s.safetensors", run->folder, name);
    int result = model_write(path, &run->config->generator_specification, weights);
    free(path);
    free(text);
    weights_free(weights);
    return result;
}

static int write_stage(const Run *run, const StageConfig *stage)
{
    cJSON *origin = provenance(run, stage);
    int result = write_as(run, stage->name, origin);
    if (result == 0 && stage == config_stage(run->config, run->config->stages.count - 1))
        result = write_as(run, "model", origin);
    cJSON_Delete(origin);
    return result;
}

int run_write_model(Run *run, const StageConfig *stage)
{
    if (ranks_rank() == 0)
        write_stage(run, stage);
    return ranks_agree();
}

static int write_best(const Run *run, const StageConfig *stage, Criterion criterion,
                      const cJSON *measures)
{
    cJSON *origin = provenance(run, stage);
    char *name = memory_print("best-%s", CRITERION_NAMES[criterion]);
    cJSON_AddStringToObject(origin, "criterion", CRITERION_NAMES[criterion]);
    cJSON_AddItemToObject(origin, "measures", cJSON_Duplicate(measures, true));
    int result = write_as(run, name, origin);
    free(name);
    cJSON_Delete(origin);
    return result;
}

int run_write_best(Run *run, const StageConfig *stage, const cJSON *measures)
{
    unsigned better = chronicle_better(run->chronicle);
    for (int c = 0; c < CRITERION_COUNT; c++)
        if (better & 1u << c && write_best(run, stage, (Criterion)c, measures) != 0)
            break;
    return ranks_agree();
}
