/* Parts of channels, and enlargements. */
#include <string.h>

#include "core/error.h"
#include "nets/layers.h"
#include "nets/onnx/elementary.h"

enum { MOST_AXES = 4, MOST_PARTS = 64 };

/* ---- Parts of channels ---------------------------------------------------------------------- */

/* One of Slice's lists: an input from opset 10 on, an attribute before. Its one number. */
static int64_t list_of_one(const OnnxReader *r, size_t i, const char *name, int64_t absent)
{
    int64_t values[MOST_AXES] = {absent};
    int count = 1;
    if (r->at->n_input > 1)
        count = r->at->n_input > i && *onnx_input_name(r, i)
                    ? onnx_constant_integers(r, i, MOST_AXES, values)
                    : 1;
    else if (onnx_list(r, name, MOST_AXES, values) != 1)
        count = strcmp(name, "starts") == 0 || strcmp(name, "ends") == 0 ? 0 : 1;
    if (count != 1)
        onnx_refuse(r, "%s is not one number", name);
    return values[0];
}

/* Places from the end on become those from the beginning on. */
static int64_t place(int64_t at, int channels)
{
    if (at < 0)
        at += channels;
    return at < 0 ? 0 : at > channels ? channels : at;
}

Node *onnx_read_slice(OnnxReader *r)
{
    onnx_inputs(r, 1, 5);
    onnx_attributes(r, "axes ends starts");
    Node *x = onnx_input(r, 0);
    int64_t first = list_of_one(r, 1, "starts", 0), end = list_of_one(r, 2, "ends", 0);
    onnx_channel_axis(r, list_of_one(r, 3, "axes", 0));
    onnx_bounded(r, "steps", list_of_one(r, 4, "steps", 1), 1, 1);
    if (error_pending())
        return NULL;
    first = place(first, x->channels);
    return layer_slice(r->graph, x, (int)first, (int)(place(end, x->channels) - first));
}

/* How many channels each part has: an input from opset 13 on, an attribute before, or equal. */
static int sizes_of_parts(const OnnxReader *r, const Node *x, int64_t *sizes)
{
    int count = 0, parts = (int)r->at->n_output;
    if (r->at->n_input > 1)
        count = onnx_constant_integers(r, 1, MOST_PARTS, sizes);
    else
        count = onnx_list(r, "split", MOST_PARTS, sizes);
    for (; count == 0 && parts <= MOST_PARTS && x->channels % parts == 0 && count < parts; count++)
        sizes[count] = x->channels / parts;
    if (count == 0)
        for (int64_t each = (x->channels + parts - 1) / parts; count < parts; count++)
            sizes[count] = each;
    return count;
}

Node *onnx_read_split(OnnxReader *r)
{
    int64_t sizes[MOST_PARTS];
    onnx_attributes(r, "axis num_outputs split");
    Node *x = onnx_input(r, 0);
    onnx_channel_axis(r, onnx_integer(r, "axis", 0));
    if (r->at->n_output < 1 || r->at->n_output > MOST_PARTS)
        onnx_refuse(r, "%zu outputs", r->at->n_output);
    int parts = (int)r->at->n_output;
    if (!error_pending() && sizes_of_parts(r, x, sizes) != parts)
        onnx_refuse(r, "its parts and its outputs differ in number");
    int64_t first = 0;
    for (int i = 0; i < parts && !error_pending(); i++) {
        int size = onnx_bounded(r, "a part's size", sizes[i], 1, x->channels);
        onnx_add_value(r, r->at->output[i], layer_slice(r->graph, x, (int)first, size));
        first += size;
    }
    if (!error_pending() && first != x->channels)
        onnx_refuse(r, "its parts are %lld of %d channels", (long long)first, x->channels);
    return NULL;
}

/* ---- Enlargements --------------------------------------------------------------------------- */

/* The last input that is there holds the scales, or an attribute (opset 7). */
static int factor_of(const OnnxReader *r)
{
    size_t i = r->opset >= 11 ? 2 : 1;
    int64_t count = 0;
    const float *scales = r->at->n_input > i ? onnx_constant(r, i, 1, &count) : NULL;
    for (int f = 1; scales && count == 4 && f <= ONNX_MOST_FACTOR; f++)
        if (scales[0] == 1 && scales[1] == 1 && scales[2] == (float)f && scales[3] == (float)f)
            return f;
    return 0;
}

/* Whether output pixel x takes input pixel floor(x / factor). Centres that lie on pixels' middles
 * and are rounded to the nearest give the same; before opset 11 there was no choice. */
static bool is_nearest(const OnnxReader *r)
{
    bool centred = onnx_text_may_be(r, "coordinate_transformation_mode", "half_pixel") ||
                   onnx_text_is(r, "coordinate_transformation_mode", "pytorch_half_pixel") ||
                   onnx_text_is(r, "coordinate_transformation_mode", "half_pixel_symmetric");
    bool rounded = onnx_text_may_be(r, "nearest_mode", "round_prefer_floor") ||
                   onnx_text_is(r, "nearest_mode", "round_prefer_ceil");
    bool floored = onnx_text_is(r, "coordinate_transformation_mode", "asymmetric") &&
                   onnx_text_is(r, "nearest_mode", "floor");
    return onnx_text_may_be(r, "mode", "nearest") &&
           (r->opset < 11 || floored || (centred && rounded));
}

static bool is_linear(const OnnxReader *r)
{
    return onnx_text_is(r, "mode", "linear") && r->opset >= 11 &&
           (onnx_text_may_be(r, "coordinate_transformation_mode", "half_pixel") ||
            onnx_text_is(r, "coordinate_transformation_mode", "pytorch_half_pixel"));
}

Node *onnx_read_resize(OnnxReader *r)
{
    onnx_inputs(r, 2, 3);
    onnx_attributes(r, "antialias coordinate_transformation_mode cubic_coeff_a exclude_outside "
                       "extrapolation_value keep_aspect_ratio_policy mode nearest_mode");
    onnx_bounded(r, "antialias", onnx_integer(r, "antialias", 0), 0, 0);
    Node *x = onnx_input(r, 0);
    int factor = error_pending() ? 0 : factor_of(r);
    bool nearest = is_nearest(r);
    if (error_pending())
        return NULL;
    if (factor == 0 || (!nearest && !is_linear(r))) {
        onnx_refuse(r, "not an enlargement that unmush reads");
        return NULL;
    }
    return nearest ? layer_nearest(r->graph, x, factor) : layer_bilinear(r->graph, x, factor);
}
