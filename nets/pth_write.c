/* Torch's zip format, as torch.save writes it: NAME/data.pkl holds the dictionary as a pickle of
 * protocol 2, NAME/data/0, 1, ... the arrays' values, NAME/version the format's number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/weights.h"
#include "nets/weights_files.h"
#include "nets/zip_write.h"

#define FOLDER       "archive/"
#define ORDERED_DICT "ccollections\nOrderedDict\n)R" /* OrderedDict() */

static void put_number(FILE *f, uint64_t number, int width)
{
    for (int i = 0; i < width; i++)
        fputc((int)(number >> 8 * i & 255), f);
}

static void put_text(FILE *f, const char *text)
{
    fputc('X', f); /* BINUNICODE */
    put_number(f, strlen(text), 4);
    fputs(text, f);
}

static void put_integer(FILE *f, int64_t value)
{
    bool small = value <= INT32_MAX;
    fputs(small ? "J" : "\x8a\x08", f); /* BININT, LONG1 */
    put_number(f, (uint64_t)value, small ? 4 : 8);
}

static void put_integers(FILE *f, int count, const int64_t *values)
{
    fputc('(', f);
    for (int i = 0; i < count; i++)
        put_integer(f, values[i]);
    fputc('t', f);
}

/* _rebuild_tensor_v2(storage, 0, shape, strides, requires_grad False, OrderedDict()) */
static void put_tensor(FILE *f, const Weight *w, int index)
{
    char key[16];
    int64_t strides[WEIGHT_MOST_DIMENSIONS], stride = 1;
    for (int i = w->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= w->shape[i];
    }
    snprintf(key, sizeof key, "%d", index);
    fputs("ctorch._utils\n_rebuild_tensor_v2\n((", f);
    put_text(f, "storage");
    fputs("ctorch\nFloatStorage\n", f);
    put_text(f, key);
    put_text(f, "cpu");
    put_integer(f, w->count);
    fputs("tQ", f); /* the tuple names a storage */
    put_integer(f, 0);
    put_integers(f, w->rank, w->shape);
    put_integers(f, w->rank, strides);
    fputs("\x89" ORDERED_DICT "tR", f);
}

static char *make_pickle(const Weights *weights, const char *wrapper, size_t *count)
{
    char *bytes = NULL;
    FILE *f = open_memstream(&bytes, count);
    if (!f)
        return NULL;
    fputs("\x80\x02}", f);
    put_text(f, wrapper);
    fputs(ORDERED_DICT "(", f);
    for (int i = 0; i < weights->count; i++) {
        put_text(f, weights->items[i].key);
        put_tensor(f, &weights->items[i], i);
    }
    fputs("us.", f); /* into the inner, into the outer dictionary */
    fclose(f);
    return bytes;
}

static int add_values(ZipWriter *zip, const Weights *weights)
{
    for (int i = 0; i < weights->count; i++) {
        const Weight *w = &weights->items[i];
        char name[48];
        snprintf(name, sizeof name, FOLDER "data/%d", i);
        if (zip_add(zip, name, w->values, (size_t)w->count * sizeof *w->values) != 0)
            return -1;
    }
    return 0;
}

int weights_write_pth(const char *path, const Weights *weights, const char *wrapper)
{
    for (int i = 0; i < weights->count; i++)
        if (weights_check_key(weights->items[i].key, strlen(weights->items[i].key), path) != 0)
            return -1;
    if (weights_check_distinct(weights, path) != 0)
        return -1;
    ZipWriter *zip = zip_begin(path);
    if (!zip)
        return -1;
    size_t count = 0;
    char *pickle = make_pickle(weights, wrapper, &count);
    int result = pickle ? zip_add(zip, FOLDER "data.pkl", pickle, count)
                        : error_set(ERROR_FILE, "%s: no memory for its pickle", path);
    free(pickle);
    if (result == 0)
        result = zip_add(zip, FOLDER "byteorder", "little", 6);
    if (result == 0)
        result = add_values(zip, weights);
    if (result == 0)
        result = zip_add(zip, FOLDER "version", "3\n", 2);
    if (result == 0)
        return zip_commit(zip);
    zip_abandon(zip);
    return -1;
}
