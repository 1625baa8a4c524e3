#include "nets/onnx/extents.h"

#include <string.h>

#include "core/error.h"
#include "nets/layers.h"

enum { MOST_MULTIPLE = 64, MOST_INTEGERS = 8, PAD_NODES = 6, CROP_NODES = 4 };

/* Makes the node at `index` the current one, if it is this operation and its input number `input`
 * is what the node before gives (NULL: anything). */
static bool follows(OnnxReader *r, size_t index, const char *operation, size_t input,
                    const char *before)
{
    if (index >= r->onnx->n_node)
        return false;
    r->at = r->onnx->node[index];
    return r->at->op_type && strcmp(r->at->op_type, operation) == 0 && r->at->n_output == 1 &&
           r->at->n_input > input && (!before || strcmp(onnx_input_name(r, input), before) == 0);
}

static const char *result_of(const OnnxReader *r)
{
    return r->at->output[0];
}

/* The constant integers of the current node's input; their number, -1 if it is none such. */
static int integers(const OnnxReader *r, size_t input, int64_t *values)
{
    if (input >= r->at->n_input || !onnx_find_constant(r, onnx_input_name(r, input)))
        return -1;
    int count = onnx_constant_integers(r, input, MOST_INTEGERS, values);
    error_forgive(); /* no chain, perhaps another operation */
    return count;
}

static bool integers_are(const OnnxReader *r, size_t input, int count, const int64_t *expected)
{
    int64_t values[MOST_INTEGERS];
    return integers(r, input, values) == count &&
           memcmp(values, expected, (size_t)count * sizeof *values) == 0;
}

/* Two nodes that give height and width of an earlier result, which is returned; else NULL. */
static Node *read_extents(OnnxReader *r, size_t index)
{
    if (!follows(r, index, "Shape", 0, NULL))
        return NULL;
    Node *of = onnx_value(r, onnx_input_name(r, 0));
    bool sliced = follows(r, index + 1, "Slice", 0, result_of(r)) &&
                  integers_are(r, 1, 1, (int64_t[]){2}) && integers_are(r, 2, 1, (int64_t[]){4}) &&
                  integers_are(r, 3, 1, (int64_t[]){0});
    return sliced ? of : NULL;
}

/* Its second input, as one small number; 0 if it is none. */
static int factor_of(const OnnxReader *r)
{
    int64_t values[MOST_INTEGERS];
    bool one = integers(r, 1, values) == 1 && values[0] >= 1 && values[0] <= MOST_MULTIPLE;
    return one ? (int)values[0] : 0;
}

/* -extents mod multiple, behind and below x */
static Node *read_pad(OnnxReader *r, size_t index)
{
    Node *x = read_extents(r, index);
    if (!x || !follows(r, index + 2, "Neg", 0, result_of(r)) ||
        !follows(r, index + 3, "Mod", 0, result_of(r)))
        return NULL;
    int multiple = factor_of(r);
    if (multiple == 0 || !follows(r, index + 4, "Concat", 1, result_of(r)) || r->at->n_input != 2 ||
        !integers_are(r, 0, 6, (int64_t[6]){0}) || !follows(r, index + 5, "Pad", 1, result_of(r)) ||
        !onnx_text_is(r, "mode", "reflect") || r->at->n_input != 2 ||
        onnx_value(r, onnx_input_name(r, 0)) != x)
        return NULL;
    return layer_pad_to_multiple(r->graph, x, multiple);
}

/* x up to extents times scale */
static Node *read_crop(OnnxReader *r, size_t index)
{
    Node *reference = read_extents(r, index);
    if (!reference || !follows(r, index + 2, "Mul", 0, result_of(r)))
        return NULL;
    int scale = factor_of(r);
    if (scale == 0 || !follows(r, index + 3, "Slice", 2, result_of(r)) || r->at->n_input != 4 ||
        !integers_are(r, 1, 2, (int64_t[]){0, 0}) || !integers_are(r, 3, 2, (int64_t[]){2, 3}))
        return NULL;
    Node *x = onnx_value(r, onnx_input_name(r, 0));
    return x ? layer_crop(r->graph, x, reference, scale) : NULL;
}

int onnx_extents_read(OnnxReader *r, size_t index, Node **node)
{
    OnnxReader ahead = *r;
    int count = 0;
    if ((*node = read_pad(&ahead, index)))
        count = PAD_NODES;
    else if (!error_pending() && (*node = read_crop(&ahead, index)))
        count = CROP_NODES;
    if (count)
        r->at = r->onnx->node[index + (size_t)count - 1];
    return count;
}
