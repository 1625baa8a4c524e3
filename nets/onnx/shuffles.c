#include "nets/onnx/shuffles.h"

#include <string.h>

#include "core/error.h"
#include "nets/layers.h"

enum { MOST_FACTOR = 16, MOST_LINKS = 6, MOST_CHANNELS = 256 };

/* One node of a chain: its list of integers, an attribute or a second input. */
typedef struct Link {
    const char *operation, *attribute; /* attribute NULL: the second input */
    int count;
} Link;

/* Shuffles with sizes known when they were exported, unshuffles too; and with open sizes. */
static const Link FIXED[] = {{"Reshape", NULL, 6}, {"Transpose", "perm", 6}, {"Reshape", NULL, 4}};
static const Link OPEN[] = {{"Unsqueeze", "axes", 2}, {"Reshape", NULL, 6},
                            {"Transpose", "perm", 6}, {"Reshape", NULL, 6},
                            {"Reshape", NULL, 6},     {"Squeeze", "axes", 2}};
static const int64_t SHUFFLED[6] = {0, 1, 4, 2, 5, 3}, UNSHUFFLED[6] = {0, 1, 3, 5, 2, 4};

/* The list of a node that is `link` and reads what the one before it gives. */
static bool read_link(OnnxReader *r, const Link *link, const char *before, int64_t *list)
{
    if (!r->at->op_type || strcmp(r->at->op_type, link->operation) != 0 || r->at->n_input < 1 ||
        r->at->n_output != 1 || (before && strcmp(onnx_input_name(r, 0), before) != 0))
        return false;
    /* Later opsets give axes as an input. */
    int count = link->attribute && r->at->n_input == 1
                    ? onnx_list(r, link->attribute, link->count, list)
                    : onnx_constant_integers(r, 1, link->count, list);
    if (error_pending())
        error_forgive(); /* no chain, perhaps another operation */
    return count == link->count;
}

static bool read_chain(OnnxReader *r, size_t index, const Link *links, int count,
                       int64_t lists[][6])
{
    const char *before = NULL;
    if ((size_t)count > r->onnx->n_node || index > r->onnx->n_node - (size_t)count)
        return false;
    for (int i = 0; i < count; i++) {
        r->at = r->onnx->node[index + (size_t)i];
        if (!read_link(r, &links[i], before, lists[i]))
            return false;
        before = r->at->output[0];
    }
    return true;
}

static bool same(const int64_t *a, const int64_t *b)
{
    return memcmp(a, b, 6 * sizeof *a) == 0;
}

static bool is_factor(int64_t f)
{
    return f >= 2 && f <= MOST_FACTOR;
}

/* An extent in a list: -1 and 0 leave it to what is there. */
static bool may_be(int64_t given, int64_t extent)
{
    return given <= 0 || extent <= 0 || given == extent;
}

/* The same of `factor` times the extent, which is any number that a file holds. */
static bool may_be_times(int64_t given, int64_t extent, int64_t factor)
{
    return given <= 0 || extent <= 0 || (given % factor == 0 && given / factor == extent);
}

static Node *read_fixed(Graph *g, Node *x, int64_t lists[][6])
{
    const int64_t *a = lists[0], *b = lists[2];
    if (same(lists[1], SHUFFLED) && is_factor(a[2]) && a[3] == a[2] &&
        x->channels % (a[2] * a[2]) == 0) {
        int64_t f = a[2], channels = x->channels / (f * f);
        if (may_be(a[1], channels) && may_be(b[1], channels) && may_be_times(b[2], a[4], f) &&
            may_be_times(b[3], a[5], f))
            return layer_pixel_shuffle(g, x, (int)f);
    }
    if (same(lists[1], UNSHUFFLED) && is_factor(a[3]) && a[5] == a[3] &&
        x->channels <= MOST_CHANNELS) {
        int64_t f = a[3];
        if (may_be(a[1], x->channels) && may_be(b[1], x->channels * f * f) && may_be(b[2], a[2]) &&
            may_be(b[3], a[4]))
            return layer_pixel_unshuffle(g, x, (int)f);
    }
    return NULL;
}

static Node *read_open(Graph *g, Node *x, int64_t lists[][6])
{
    const int64_t f = lists[1][2];
    const int64_t apart[6] = {0, -1, f, f, 0, 0}, rows[6] = {0, 0, -1, 1, 0, 0};
    const int64_t columns[6] = {0, 0, 0, 0, -1, 1};
    if (lists[0][0] != 2 || lists[0][1] != 3 || lists[5][0] != 3 || lists[5][1] != 5 ||
        !is_factor(f) || x->channels % (f * f) != 0 || !same(lists[1], apart) ||
        !same(lists[2], SHUFFLED) || !same(lists[3], rows) || !same(lists[4], columns))
        return NULL;
    return layer_pixel_shuffle(g, x, (int)f);
}

int onnx_shuffle_read(OnnxReader *r, size_t index, Node **node)
{
    enum { FIXED_COUNT = sizeof FIXED / sizeof *FIXED, OPEN_COUNT = sizeof OPEN / sizeof *OPEN };
    OnnxReader ahead = *r;
    int64_t lists[MOST_LINKS][6];
    ahead.at = r->onnx->node[index];
    Node *x = ahead.at->n_input ? onnx_value(r, onnx_input_name(&ahead, 0)) : NULL;
    if (!x || error_pending())
        return 0;
    int count = 0;
    if (read_chain(&ahead, index, FIXED, FIXED_COUNT, lists) &&
        (*node = read_fixed(r->graph, x, lists)))
        count = FIXED_COUNT;
    else if (read_chain(&ahead, index, OPEN, OPEN_COUNT, lists) &&
             (*node = read_open(r->graph, x, lists)))
        count = OPEN_COUNT;
    if (count)
        r->at = r->onnx->node[index + (size_t)count - 1];
    return count;
}
