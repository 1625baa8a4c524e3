#include "train/agreement.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/ranks.h"

/* ---- What is set ---------------------------------------------------------------------------- */

static cJSON *describe(const Run *run)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddItemToObject(root, "config", cJSON_Parse(run->config_text));
    cJSON_AddBoolToObject(root, "bf16", run->precision == PRECISION_BF16);
    cJSON_AddStringToObject(root, "backend", network_backend_name(run->generator->network));
    cJSON *shown = cJSON_AddArrayToObject(root, "validation");
    for (int i = 0; run->validation && i < validation_count(run->validation); i++)
        cJSON_AddItemToArray(shown, cJSON_CreateString(validation_name(run->validation, i)));
    cJSON *data = cJSON_AddArrayToObject(root, "data");
    for (int i = 0; i < run->source_count; i++) {
        const PairSource *source = run->sources[i].source;
        cJSON *item = pair_source_describe(source);
        cJSON_AddNumberToObject(item, "pairs", (double)pair_source_count(source));
        cJSON_AddItemToArray(data, item);
    }
    return root;
}

/* The path of the first place in which two trees differ, NULL if there is none; to be freed. */
static char *difference(const cJSON *a, const cJSON *b, const char *path)
{
    if (!a || !b || a->type != b->type ||
        (!cJSON_IsObject(a) && !cJSON_IsArray(a) && !cJSON_Compare(a, b, true)))
        return memory_copy_string(path);
    bool array = cJSON_IsArray(a);
    int count = cJSON_GetArraySize(a) > cJSON_GetArraySize(b) ? cJSON_GetArraySize(a)
                                                              : cJSON_GetArraySize(b);
    for (int i = 0; i < count; i++) {
        const cJSON *x = cJSON_GetArrayItem(a, i), *y = cJSON_GetArrayItem(b, i);
        const char *key = x ? x->string : y->string;
        char *place = array ? memory_print("%s[%d]", path, i)
                            : memory_print("%s%s%s", path, *path ? "." : "", key);
        if (!array && x)
            y = cJSON_GetObjectItemCaseSensitive(b, key);
        char *found = difference(x, y, place);
        free(place);
        if (found)
            return found;
    }
    return NULL;
}

/* Collective: rank 0's text, to be freed. */
static char *first_text(const char *own)
{
    int64_t length = (int64_t)strlen(own);
    if (ranks_broadcast(&length, sizeof length) != 0)
        return NULL;
    char *text = memory_array((size_t)length + 1, 1);
    if (ranks_rank() == 0)
        memcpy(text, own, (size_t)length);
    if (ranks_broadcast(text, (size_t)length) == 0)
        return text;
    free(text);
    return NULL;
}

int agreement_check_setting(const Run *run)
{
    if (ranks_size() == 1)
        return 0;
    cJSON *own = describe(run);
    char *own_text = json_line(own), *text = first_text(own_text);
    if (text && strcmp(text, own_text) != 0) {
        cJSON *first = cJSON_Parse(text);
        char *path = difference(first, own, "");
        error_set(ERROR_RANK, "%s differs from that of rank 0", path ? path : "config");
        free(path);
        cJSON_Delete(first);
    }
    free(text);
    free(own_text);
    cJSON_Delete(own);
    return ranks_agree();
}

/* ---- What was computed ---------------------------------------------------------------------- */

/* 64 bits of a vector's bits: every value is mixed in so that its place matters. */
static uint64_t hash(const float *values, int64_t count)
{
    uint64_t lanes[8] = {1, 2, 3, 4, 5, 6, 7, 8}, all = (uint64_t)count;
    const uint64_t odd = 0x9e3779b97f4a7c15;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        lanes[i & 7] = (lanes[i & 7] ^ bits) * odd;
        lanes[i & 7] ^= lanes[i & 7] >> 29;
    }
    for (int i = 0; i < 8; i++)
        all = (all ^ lanes[i]) * odd ^ all >> 31;
    return all;
}

static int hash_tensor(Tensor *t, uint64_t *result)
{
    float *data = tensor_data(t);
    if (data) {
        *result = hash(data, tensor_count(t));
        return 0;
    }
    int64_t count = tensor_count(t);
    float *copy = memory_array((size_t)count + 1, sizeof *copy);
    int status = tensor_to_floats(t, copy, count);
    if (status == 0)
        *result = hash(copy, count);
    free(copy);
    return status;
}

/* Collective: of all ranks the first whose hash is not rank 0's, or -1. */
static int first_different(uint64_t own)
{
    size_t size = (size_t)ranks_size();
    int64_t *all = memory_array(size, sizeof *all);
    memcpy(&all[ranks_rank()], &own, sizeof own);
    int found = -1;
    if (ranks_sum_integers(all, size) == 0)
        for (int r = 1; r < ranks_size() && found < 0; r++)
            if (all[r] != all[0])
                found = r;
    free(all);
    return found;
}

static int compare(const char *name, Tensor *values, int64_t step)
{
    uint64_t own = 0;
    hash_tensor(values, &own);
    if (ranks_agree() != 0)
        return -1;
    int rank = first_different(own);
    if (rank >= 0)
        error_set(ERROR_RANK, "rank %d: its %s differs from that of rank 0 after step %lld", rank,
                  name, (long long)step);
    return ranks_agree();
}

int agreement_check_parameters(const Run *run)
{
    int64_t step = run->position.step;
    if (ranks_size() == 1)
        return 0;
    if (compare("generator", network_values(run->generator->network), step) != 0 ||
        compare("generator's average", run->generator->average, step) != 0)
        return -1;
    return run->discriminator
               ? compare("discriminator", network_values(run->discriminator->network), step)
               : 0;
}
