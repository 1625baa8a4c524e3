#include "nets/onnx/expansions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers.h"
#include "nets/onnx/build.h"

/* The first that fits is taken, so longer ones come before those they begin with. */
static const Expansion EXPANSIONS[] = {
    /* PyTorch's spelling; the writer, which looks from the last row up, finds ours. */
    {OPERATION_GELU,
     {{"Div", {"a", "1.4142135623730951"}, "scaled"},
      {"Erf", {"scaled"}, "erf"},
      {"Add", {"erf", "1"}, "above"},
      {"Mul", {"a", "above"}, "doubled"},
      {"Mul", {"doubled", "0.5"}, NULL}}},
    {OPERATION_GELU,
     {{"Mul", {"a", "0.70710678118654752"}, "scaled"},
      {"Erf", {"scaled"}, "erf"},
      {"Add", {"erf", "1"}, "above"},
      {"Mul", {"a", "above"}, "doubled"},
      {"Mul", {"doubled", "0.5"}, NULL}}},
    {OPERATION_ADD, {{"Mul", {"b", "=value"}, "scaled"}, {"Add", {"a", "scaled"}, NULL}}},
    {OPERATION_AFFINE, {{"Mul", {"a", "=value"}, "scaled"}, {"Add", {"scaled", "=shift"}, NULL}}},
    {OPERATION_AFFINE, {{"Mul", {"a", "=value"}, NULL}}},
    {OPERATION_AFFINE, {{"Add", {"a", "=shift"}, NULL}}},
    {OPERATION_SILU, {{"Sigmoid", {"a"}, "sigmoid"}, {"Mul", {"a", "sigmoid"}, NULL}}},
    {OPERATION_MISH,
     {{"Softplus", {"a"}, "softplus"},
      {"Tanh", {"softplus"}, "tanh"},
      {"Mul", {"a", "tanh"}, NULL}}},
};
/* Files hold constants in float16 too. */
#define PRECISION_OF_HALF 0x1p-11f

enum { EXPANSIONS_COUNT = sizeof EXPANSIONS / sizeof *EXPANSIONS };

static bool is_number(const char *input)
{
    return *input >= '0' && *input <= '9';
}

static bool is_constant(const char *input)
{
    return *input == '=' || is_number(input);
}

static int step_count(const Expansion *e)
{
    int count = 0;
    while (e->steps[count].operation)
        count++;
    return count;
}

static bool mentions(const Expansion *e, const char *input)
{
    for (const ExpansionStep *s = e->steps; s->operation; s++)
        for (int i = 0; i < 2 && s->inputs[i]; i++)
            if (strcmp(s->inputs[i], input) == 0)
                return true;
    return false;
}

/* What a constant that an expansion does not mention is. */
static bool is_neutral(const Node *n, const char *constant)
{
    return strcmp(constant, "=value") == 0 ? n->value == 1 : n->shift == 0;
}

const Expansion *expansion_of(const Node *n)
{
    for (int i = EXPANSIONS_COUNT - 1; i >= 0; i--) {
        const Expansion *e = &EXPANSIONS[i];
        bool tells_all = n->operation != OPERATION_AFFINE ||
                         ((mentions(e, "=value") || is_neutral(n, "=value")) &&
                          (mentions(e, "=shift") || is_neutral(n, "=shift")));
        if (e->operation == n->operation && tells_all)
            return e;
    }
    return NULL;
}

/* ---- Writing -------------------------------------------------------------------------------- */

static double constant_value(const Node *n, const char *input)
{
    if (is_number(input))
        return strtod(input, NULL);
    return strcmp(input, "=value") == 0 ? n->value : n->shift;
}

/* "LABEL.NAME" */
static char *part_name(const char *label, const char *name)
{
    return memory_print("%s.%s", label, name);
}

static void add_input(Onnx__GraphProto *onnx, Onnx__NodeProto *node, const Node *n,
                      const char *label, char *const *results, const char *input)
{
    bool own = strcmp(input, "a") == 0 || strcmp(input, "b") == 0;
    if (own) {
        onnx_add_node_input(node, results[n->inputs[*input - 'a']->index]);
        return;
    }
    char *name = part_name(label, *input == '=' ? input + 1 : input);
    if (is_constant(input)) {
        float value = (float)constant_value(n, input);
        onnx_add_constant(onnx, name, 1, (int64_t[]){1}, &value);
    }
    onnx_add_node_input(node, name);
    free(name);
}

void expansion_write(const Expansion *e, const Node *n, const char *label, char *const *results,
                     Onnx__GraphProto *onnx)
{
    for (const ExpansionStep *s = e->steps; s->operation; s++) {
        char *part = s->result ? part_name(label, s->result) : NULL;
        Onnx__NodeProto *node =
            onnx_add_node(onnx, s->operation, part ? part : label, part ? part : results[n->index]);
        for (int i = 0; i < 2 && s->inputs[i]; i++)
            add_input(onnx, node, n, label, results, s->inputs[i]);
        free(part);
    }
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* What the nodes of a file have shown to be the operation's inputs, constants and results. */
typedef struct Match {
    OnnxReader reader; /* a copy that looks ahead */
    const Expansion *expansion;
    const char *label;
    const char *results[EXPANSION_MOST_STEPS]; /* the steps' own, as the file calls them */
    Node *inputs[2];
    double value, shift;
} Match;

/* A constant of one value. */
static bool find_scalar(const OnnxReader *r, const char *name, float *value)
{
    const Onnx__TensorProto *t = onnx_find_constant(r, name);
    if (!t || !t->has_data_type || t->data_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
        t->n_external_data || !t->has_raw_data || t->raw_data.len != sizeof *value)
        return false;
    for (size_t i = 0; i < t->n_dims; i++)
        if (t->dims[i] != 1)
            return false;
    memcpy(value, t->raw_data.data, sizeof *value);
    return true;
}

static bool match_constant(Match *m, const char *name, const char *input)
{
    float value;
    if (!find_scalar(&m->reader, name, &value))
        return false;
    if (is_number(input))
        return fabsf(value - strtof(input, NULL)) <= PRECISION_OF_HALF * fabsf(value);
    *(strcmp(input, "=value") == 0 ? &m->value : &m->shift) = (double)value;
    return true;
}

/* The result of an earlier step. */
static bool match_result(const Match *m, const char *name, const char *input)
{
    for (int i = 0; m->expansion->steps[i].result; i++)
        if (strcmp(m->expansion->steps[i].result, input) == 0)
            return m->results[i] && strcmp(m->results[i], name) == 0;
    return false;
}

static bool match_input(Match *m, const char *name, const char *input)
{
    name = onnx_meaning(&m->reader, name);
    if (is_constant(input))
        return match_constant(m, name, input);
    if (strcmp(input, "a") != 0 && strcmp(input, "b") != 0)
        return match_result(m, name, input);
    Node **own = &m->inputs[*input - 'a'];
    Node *found = onnx_value(&m->reader, name);
    bool same = found && (!*own || *own == found);
    *own = found;
    return same;
}

/* Two inputs of a sum or a product may come in either order. */
static bool match_inputs(Match *m, const ExpansionStep *s, const Onnx__NodeProto *node)
{
    Match before = *m;
    if (!s->inputs[1])
        return match_input(m, node->input[0], s->inputs[0]);
    if (match_input(m, node->input[0], s->inputs[0]) &&
        match_input(m, node->input[1], s->inputs[1]))
        return true;
    *m = before;
    return (strcmp(s->operation, "Add") == 0 || strcmp(s->operation, "Mul") == 0) &&
           match_input(m, node->input[1], s->inputs[0]) &&
           match_input(m, node->input[0], s->inputs[1]);
}

/* Our own files say by the names of results which nodes are one operation's. */
static bool is_named(const Match *m, const char *result, const char *name)
{
    char *part = part_name(m->label, result);
    bool same = strcmp(part, name) == 0;
    free(part);
    return same;
}

static bool match_step(Match *m, int i, const Onnx__NodeProto *node)
{
    const ExpansionStep *s = &m->expansion->steps[i];
    size_t count = s->inputs[1] ? 2 : 1;
    if (!node->op_type || strcmp(node->op_type, s->operation) != 0 || node->n_input != count ||
        node->n_output != 1 || node->n_attribute != 0 || (node->domain && *node->domain))
        return false;
    if (s->result && m->reader.ours && !is_named(m, s->result, node->output[0]))
        return false;
    m->results[i] = s->result ? node->output[0] : NULL;
    return match_inputs(m, s, node);
}

/* Whether nobody but nodes `index` to before `end` reads what those nodes leave out. */
static bool are_private(const Match *m, size_t index, size_t end)
{
    const Onnx__GraphProto *onnx = m->reader.onnx;
    for (int k = 0; m->results[k]; k++) {
        for (size_t i = index; i < onnx->n_node; i++)
            for (size_t n = 0; (i < index || i >= end) && n < onnx->node[i]->n_input; n++)
                if (strcmp(onnx->node[i]->input[n], m->results[k]) == 0)
                    return false;
        if (onnx->output[0]->name && strcmp(onnx->output[0]->name, m->results[k]) == 0)
            return false;
    }
    return true;
}

static bool match_expansion(Match *m, size_t index)
{
    size_t count = (size_t)step_count(m->expansion), nodes = m->reader.onnx->n_node;
    if (count > nodes || index > nodes - count)
        return false;
    const char *label = m->reader.onnx->node[index + count - 1]->name;
    m->label = label ? label : "";
    for (size_t i = 0; i < count; i++)
        if (!match_step(m, (int)i, m->reader.onnx->node[index + i]))
            return false;
    return m->reader.ours || are_private(m, index, index + count);
}

/* inputs[1] is NULL for operations of one input. */
static Node *add_operation(Graph *g, Operation operation, const Match *m)
{
    int count = m->inputs[1] ? 2 : 1;
    if (count == 2 && m->inputs[0]->channels != m->inputs[1]->channels) {
        error_set(ERROR_SHAPE, "%s: %d and %d channels", operation_name(operation),
                  m->inputs[0]->channels, m->inputs[1]->channels);
        return NULL;
    }
    Node *n = graph_add(g, operation, "", m->inputs, count);
    if (n) {
        n->value = m->value;
        n->shift = m->shift;
    }
    return n;
}

int expansion_read(OnnxReader *r, size_t index, Node **node)
{
    for (int i = 0; i < EXPANSIONS_COUNT; i++) {
        const Expansion *e = &EXPANSIONS[i];
        bool affine = e->operation == OPERATION_AFFINE;
        Match m = {.reader = *r, .expansion = e, .value = affine ? 1 : 0};
        if (!match_expansion(&m, index))
            continue;
        int count = step_count(e);
        r->at = r->onnx->node[index + (size_t)count - 1];
        *node = add_operation(r->graph, e->operation, &m);
        return count;
    }
    return 0;
}
