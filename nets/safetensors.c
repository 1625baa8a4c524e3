/* The safetensors format: an 8-byte little-endian header length, a JSON header that gives each
 * tensor's dtype, shape and byte range, then the ranges without gaps or overlap. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "nets/elements.h"
#include "nets/weights_files.h"

static const uint64_t LONGEST_HEADER = 100000000; /* as in the reference implementation */
/* Of names in the header, four per tensor: looking for duplicates takes their number squared. */
enum { MOST_NAMES = 40000 };

/* A tensor as the header describes it. */
typedef struct Entry {
    const char *key;
    ElementType type;
    int rank;
    int64_t shape[WEIGHT_MOST_DIMENSIONS], count;
    int64_t begin, end; /* bytes from the start of the data */
} Entry;

/* A number that is whole and at most 2^53, where doubles are still exact. */
static bool whole_number(const cJSON *value, int64_t *number)
{
    if (!cJSON_IsNumber(value) || !(value->valuedouble >= 0 && value->valuedouble <= 0x1p53) ||
        floor(value->valuedouble) != value->valuedouble)
        return false;
    *number = (int64_t)value->valuedouble;
    return true;
}

static int read_dtype(const cJSON *value, Entry *e, const char *name)
{
    if (!cJSON_IsString(value))
        return error_set(ERROR_FORMAT, "%s: tensor %s: no dtype", name, e->key);
    size_t length = strlen(value->valuestring);
    if (element_from_dtype(value->valuestring, length, &e->type))
        return 0;
    char shown[32];
    return error_set(ERROR_FORMAT, "%s: tensor %s: cannot read dtype %s", name, e->key,
                     weights_printable(shown, sizeof shown, value->valuestring, length));
}

static int read_shape(const cJSON *value, Entry *e, const char *name)
{
    if (!cJSON_IsArray(value))
        return error_set(ERROR_FORMAT, "%s: tensor %s: no shape", name, e->key);
    const cJSON *extent;
    cJSON_ArrayForEach(extent, value)
    {
        if (e->rank == WEIGHT_MOST_DIMENSIONS)
            return error_set(ERROR_FORMAT, "%s: tensor %s: shape has more than %d dimensions", name,
                             e->key, WEIGHT_MOST_DIMENSIONS);
        if (!whole_number(extent, &e->shape[e->rank++]))
            return error_set(ERROR_FORMAT,
                             "%s: tensor %s: shape must hold whole numbers of at least 0", name,
                             e->key);
    }
    if (!weights_product(e->rank, e->shape, &e->count))
        return error_set(ERROR_FORMAT, "%s: tensor %s: shape is too large", name, e->key);
    return 0;
}

static int read_offsets(const cJSON *value, int64_t data, Entry *e, const char *name)
{
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) != 2 ||
        !whole_number(cJSON_GetArrayItem(value, 0), &e->begin) ||
        !whole_number(cJSON_GetArrayItem(value, 1), &e->end))
        return error_set(ERROR_FORMAT,
                         "%s: tensor %s: data_offsets must be two whole numbers of at least 0",
                         name, e->key);
    if (e->begin > e->end || e->end > data)
        return error_set(ERROR_FORMAT,
                         "%s: tensor %s: data_offsets %lld to %lld are outside the file's %lld "
                         "bytes of data",
                         name, e->key, (long long)e->begin, (long long)e->end, (long long)data);
    int64_t bytes;
    if (__builtin_mul_overflow(e->count, element_bytes(e->type), &bytes) ||
        bytes != e->end - e->begin)
        return error_set(ERROR_FORMAT,
                         "%s: tensor %s: data_offsets give %lld bytes, which is not what dtype "
                         "and shape need",
                         name, e->key, (long long)(e->end - e->begin));
    return 0;
}

static int read_entry(const cJSON *item, int64_t data, Entry *e, const char *name)
{
    e->key = item->string;
    if (weights_check_key(e->key, strlen(e->key), name) != 0)
        return -1;
    if (read_dtype(cJSON_GetObjectItemCaseSensitive(item, "dtype"), e, name) != 0 ||
        read_shape(cJSON_GetObjectItemCaseSensitive(item, "shape"), e, name) != 0)
        return -1;
    return read_offsets(cJSON_GetObjectItemCaseSensitive(item, "data_offsets"), data, e, name);
}

static int compare_entries(const void *a, const void *b)
{
    const Entry *x = *(const Entry *const *)a, *y = *(const Entry *const *)b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* The byte ranges must cover the data exactly once. */
static int check_cover(const Entry *entries, int count, int64_t data, const char *name)
{
    const Entry **sorted = memory_array((size_t)count + 1, sizeof(const Entry *));
    for (int i = 0; i < count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, (size_t)count, sizeof *sorted, compare_entries);
    int64_t reached = 0;
    int result = 0;
    for (int i = 0; i < count && result == 0; i++) {
        if (sorted[i]->begin != reached)
            result = error_set(ERROR_FORMAT, "%s: tensor %s: data_offsets leave a gap or overlap",
                               name, sorted[i]->key);
        reached = sorted[i]->end;
    }
    if (result == 0 && reached != data)
        result = error_set(ERROR_FORMAT, "%s: %lld bytes of data belong to no tensor", name,
                           (long long)(data - reached));
    free(sorted);
    return result;
}

static int read_texts(const cJSON *metadata, Weights *weights, const char *name)
{
    if (!cJSON_IsObject(metadata))
        return error_set(ERROR_FORMAT, "%s: __metadata__ is not an object", name);
    const cJSON *item;
    cJSON_ArrayForEach(item, metadata)
    {
        if (!cJSON_IsString(item)) {
            char shown[64];
            weights_printable(shown, sizeof shown, item->string, strlen(item->string));
            return error_set(ERROR_FORMAT, "%s: __metadata__.%s is not a string", name, shown);
        }
        weights_set_text(weights, item->string, item->valuestring);
    }
    return 0;
}

/* Reads every header entry before anything is allocated for values. Returns their number, or -1. */
static int read_entries(const cJSON *header, int64_t data, Entry *entries, Weights *weights,
                        const char *name)
{
    int count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, header)
    {
        int failed = strcmp(item->string, "__metadata__") == 0
                         ? read_texts(item, weights, name)
                         : read_entry(item, data, &entries[count++], name);
        if (failed)
            return -1;
    }
    return check_cover(entries, count, data, name) == 0 ? count : -1;
}

static Weights *read_tensors(const cJSON *header, const uint8_t *data, size_t count,
                             const char *name)
{
    Weights *weights = weights_new();
    Entry *entries = memory_array((size_t)cJSON_GetArraySize(header) + 1, sizeof *entries);
    int entry_count = read_entries(header, (int64_t)count, entries, weights, name);
    for (int i = 0; i < entry_count && !error_pending(); i++) {
        const Entry *e = &entries[i];
        Weight *w = weights_ask(weights, e->key, e->rank, e->shape);
        if (w)
            element_convert(e->type, data + e->begin, e->count, w->values);
    }
    free(entries);
    if (entry_count >= 0 && !error_pending())
        return weights;
    weights_free(weights);
    return NULL;
}

/* The number of colons outside of strings. */
static int count_names(const char *text, size_t length)
{
    int count = 0;
    bool inside = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            inside = !inside;
        else if (inside && text[i] == '\\')
            i++;
        count += !inside && text[i] == ':';
    }
    return count;
}

static cJSON *parse_header(const char *text, size_t length, const char *name)
{
    if (count_names(text, length) > MOST_NAMES) {
        error_set(ERROR_FORMAT, "%s: header has more than %d names", name, MOST_NAMES);
        return NULL;
    }
    char *where = memory_print("%s: header", name);
    cJSON *header = json_parse(text, length, where);
    if (!header) {
        ErrorReport report = error_take();
        error_set(ERROR_FORMAT, "%s", report.message);
    } else if (!cJSON_IsObject(header)) {
        error_set(ERROR_FORMAT, "%s: not a JSON object", where);
        cJSON_Delete(header);
        header = NULL;
    }
    free(where);
    return header;
}

Weights *safetensors_parse(const uint8_t *bytes, size_t count, const char *name)
{
    uint64_t length;
    if (count < sizeof length) {
        error_set(ERROR_FORMAT, "%s: ends before its header", name);
        return NULL;
    }
    memcpy(&length, bytes, sizeof length);
    if (length > LONGEST_HEADER || length > count - sizeof length) {
        error_set(ERROR_FORMAT, "%s: header length is %llu, but only %zu bytes follow", name,
                  (unsigned long long)length, count - sizeof length);
        return NULL;
    }
    const uint8_t *text = bytes + sizeof length, *data = text + length;
    cJSON *header = parse_header((const char *)text, (size_t)length, name);
    if (!header)
        return NULL;
    Weights *weights = read_tensors(header, data, count - sizeof length - (size_t)length, name);
    cJSON_Delete(header);
    return weights;
}

static void add_entry(cJSON *header, const Weight *w, int64_t begin)
{
    cJSON *entry = cJSON_AddObjectToObject(header, w->key);
    cJSON_AddStringToObject(entry, "dtype", "F32");
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    for (int i = 0; i < w->rank; i++)
        cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)w->shape[i]));
    cJSON *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    int64_t end = begin + w->count * (int64_t)sizeof *w->values;
    cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)begin));
    cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)end));
}

/* The header as JSON, padded with spaces to a multiple of 8 bytes. The caller frees it. */
static char *format_header(const Weights *weights)
{
    cJSON *header = cJSON_CreateObject();
    if (weights->text_count > 0) {
        cJSON *metadata = cJSON_AddObjectToObject(header, "__metadata__");
        for (int i = 0; i < weights->text_count; i++)
            cJSON_AddStringToObject(metadata, weights->texts[i].key, weights->texts[i].value);
    }
    int64_t at = 0;
    for (int i = 0; i < weights->count; i++) {
        add_entry(header, &weights->items[i], at);
        at += weights->items[i].count * (int64_t)sizeof(float);
    }
    char *line = json_line(header);
    cJSON_Delete(header);
    int padding = (int)((8 - strlen(line) % 8) % 8);
    char *padded = memory_print("%s%*s", line, padding, "");
    free(line);
    return padded;
}

static int write_content(FileWriter *file, const Weights *weights)
{
    char *header = format_header(weights);
    uint64_t length = strlen(header);
    int result = file_write(file, &length, sizeof length);
    if (result == 0)
        result = file_write(file, header, (size_t)length);
    free(header);
    for (int i = 0; i < weights->count && result == 0; i++) {
        const Weight *w = &weights->items[i];
        result = file_write(file, w->values, (size_t)w->count * sizeof *w->values);
    }
    return result;
}

int safetensors_write(const char *path, const Weights *weights)
{
    for (int i = 0; i < weights->count; i++)
        if (weights_check_key(weights->items[i].key, strlen(weights->items[i].key), path) != 0)
            return -1;
    if (weights_check_distinct(weights, path) != 0)
        return -1;
    FileWriter *file = file_begin(path);
    if (!file)
        return -1;
    if (write_content(file, weights) == 0)
        return file_commit(file);
    file_abandon(file);
    return -1;
}
