#include "nets/onnx/expansions.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/layers.h"
#include "nets/onnx/build.h"

/* The first that fits is taken, so longer ones come before those they begin with. */
static const Expansion EXPANSIONS[] = {
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

/* What the nodes of a file have shown to be the operation's inputs and constants. */
typedef struct Match {
    OnnxReader reader; /* a copy that looks ahead */
    const char *label;
    Node *inputs[2];
    double value, shift;
} Match;

static Node *find_value(const OnnxReader *r, const char *name)
{
    for (int k = r->count - 1; k >= 0; k--)
        if (strcmp(r->values[k].name, name) == 0)
            return r->values[k].node;
    return NULL;
}

static const Onnx__TensorProto *find_scalar(const OnnxReader *r, const char *name)
{
    for (size_t k = 0; k < r->onnx->n_initializer; k++) {
        const Onnx__TensorProto *t = r->onnx->initializer[k];
        if (t->name && strcmp(t->name, name) == 0)
            return t->has_data_type && t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
                           t->n_dims == 1 && t->dims[0] == 1 && t->has_raw_data &&
                           t->n_external_data == 0 && t->raw_data.len == sizeof(float)
                       ? t
                       : NULL;
    }
    return NULL;
}

static bool match_constant(Match *m, const char *name, const char *input)
{
    const Onnx__TensorProto *t = find_scalar(&m->reader, name);
    float value;
    if (!t)
        return false;
    memcpy(&value, t->raw_data.data, sizeof value);
    if (is_number(input))
        return value == (float)strtod(input, NULL);
    *(strcmp(input, "=value") == 0 ? &m->value : &m->shift) = (double)value;
    return true;
}

static bool match_input(Match *m, const char *name, const char *input)
{
    if (is_constant(input))
        return match_constant(m, name, input);
    if (strcmp(input, "a") == 0 || strcmp(input, "b") == 0) {
        Node **own = &m->inputs[*input - 'a'];
        Node *found = find_value(&m->reader, name);
        bool same = found && (!*own || *own == found);
        *own = found;
        return same;
    }
    char *part = part_name(m->label, input);
    bool same = strcmp(part, name) == 0;
    free(part);
    return same;
}

static bool match_step(Match *m, const ExpansionStep *s, const Onnx__NodeProto *node)
{
    size_t count = s->inputs[1] ? 2 : 1;
    if (!node->op_type || strcmp(node->op_type, s->operation) != 0 || node->n_input != count ||
        node->n_output != 1 || node->n_attribute != 0 || (node->domain && *node->domain))
        return false;
    if (s->result) {
        char *part = part_name(m->label, s->result);
        bool same = strcmp(part, node->output[0]) == 0;
        free(part);
        if (!same)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!match_input(m, node->input[i], s->inputs[i]))
            return false;
    return true;
}

static bool match_expansion(Match *m, const Expansion *e, size_t index)
{
    size_t count = (size_t)step_count(e), nodes = m->reader.onnx->n_node;
    if (count > nodes || index > nodes - count)
        return false;
    const char *label = m->reader.onnx->node[index + count - 1]->name;
    m->label = label ? label : "";
    for (size_t i = 0; i < count; i++)
        if (!match_step(m, &e->steps[i], m->reader.onnx->node[index + i]))
            return false;
    return true;
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
        Match m = {.reader = *r, .value = affine ? 1 : 0};
        if (!match_expansion(&m, e, index))
            continue;
        int count = step_count(e);
        r->at = r->onnx->node[index + (size_t)count - 1];
        *node = add_operation(r->graph, e->operation, &m);
        return count;
    }
    return 0;
}
