#include "nets/pickle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"

/* Bounds time and memory: an opcode makes at most one value. A checkpoint of a thousand tensors
 * takes about 30,000. */
enum { MOST_OPERATIONS = 1 << 21, LONGEST_TEXT = 1 << 24 };

typedef struct Machine {
    Pickle *pickle;
    const uint8_t *bytes;
    size_t count, at;
    const char *file;
    PickleValue **stack;
    int depth, stack_capacity;
    int *marks; /* stack depths */
    int mark_count, mark_capacity;
    PickleValue **memo;
    int memo_count;
    bool stopped;
} Machine;

static int fail(const Machine *m, const char *what)
{
    return error_set(ERROR_FORMAT, "%s: pickle byte %zu: %s", m->file, m->at, what);
}

/* The next `count` bytes, or NULL. */
static const uint8_t *take(Machine *m, size_t count)
{
    if (count > m->count - m->at) {
        fail(m, "ends early");
        return NULL;
    }
    m->at += count;
    return m->bytes + m->at - count;
}

/* A little-endian unsigned number of `width` bytes, at most 4; -1 at the end. */
static int64_t take_number(Machine *m, size_t width)
{
    const uint8_t *bytes = take(m, width);
    if (!bytes)
        return -1;
    int64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value |= (int64_t)bytes[i] << (8 * i);
    return value;
}

static int push(Machine *m, PickleValue *value)
{
    if (!value)
        return -1;
    memory_grow(&m->stack, m->depth, &m->stack_capacity, sizeof(PickleValue *));
    m->stack[m->depth++] = value;
    return 0;
}

/* Values above the last mark. */
static int available(const Machine *m)
{
    return m->depth - (m->mark_count > 0 ? m->marks[m->mark_count - 1] : 0);
}

static PickleValue *top(Machine *m)
{
    if (available(m) > 0)
        return m->stack[m->depth - 1];
    fail(m, "takes from an empty stack");
    return NULL;
}

static PickleValue *pop(Machine *m)
{
    PickleValue *value = top(m);
    m->depth -= value != NULL;
    return value;
}

/* Removes the last mark and what is above it; the values stay readable until the next push. */
static int pop_to_mark(Machine *m, PickleValue ***items)
{
    if (m->mark_count == 0)
        return fail(m, "has no mark to return to");
    int count = available(m);
    m->depth = m->marks[--m->mark_count];
    *items = m->stack ? m->stack + m->depth : NULL;
    return count;
}

static int push_mark(Machine *m)
{
    memory_grow(&m->marks, m->mark_count, &m->mark_capacity, sizeof *m->marks);
    m->marks[m->mark_count++] = m->depth;
    return 0;
}

static int push_integer(Machine *m, PickleKind kind, int64_t number)
{
    PickleValue *value = pickle_new(m->pickle, kind);
    value->integer = number;
    return push(m, value);
}

static int push_unsigned(Machine *m, size_t width)
{
    int64_t number = take_number(m, width);
    return number < 0 ? -1 : push_integer(m, PICKLE_INTEGER, number);
}

static int push_signed(Machine *m)
{
    int64_t number = take_number(m, 4);
    return number < 0 ? -1 : push_integer(m, PICKLE_INTEGER, (int32_t)(uint32_t)number);
}

/* LONG1: a length, then that many bytes of two's complement. */
static int push_long(Machine *m)
{
    int64_t length = take_number(m, 1);
    if (length > 8)
        return fail(m, "holds an integer of more than 8 bytes");
    const uint8_t *bytes = length < 0 ? NULL : take(m, (size_t)length);
    if (!bytes)
        return -1;
    uint64_t number = length > 0 && bytes[length - 1] & 0x80 ? UINT64_MAX : 0;
    for (int64_t i = length - 1; i >= 0; i--)
        number = number << 8 | bytes[i];
    return push_integer(m, PICKLE_INTEGER, (int64_t)number);
}

/* BINFLOAT: the only big-endian number. */
static int push_real(Machine *m)
{
    const uint8_t *bytes = take(m, 8);
    if (!bytes)
        return -1;
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | bytes[i];
    PickleValue *value = pickle_new(m->pickle, PICKLE_REAL);
    memcpy(&value->real, &bits, sizeof bits);
    return push(m, value);
}

static int push_text(Machine *m, size_t width)
{
    int64_t length = take_number(m, width);
    if (length > LONGEST_TEXT)
        return fail(m, "holds a text of more than 16 MiB");
    const uint8_t *bytes = length < 0 ? NULL : take(m, (size_t)length);
    if (!bytes)
        return -1;
    PickleValue *value = pickle_new(m->pickle, PICKLE_STRING);
    value->text = (const char *)bytes;
    value->count = (int)length;
    return push(m, value);
}

/* Bytes up to a newline, which is passed over. */
static const char *take_line(Machine *m, size_t *length)
{
    const uint8_t *start = m->bytes + m->at;
    const uint8_t *end = memchr(start, '\n', m->count - m->at);
    if (!end) {
        fail(m, "ends early");
        return NULL;
    }
    *length = (size_t)(end - start);
    m->at += *length + 1;
    return (const char *)start;
}

static int push_name(Machine *m)
{
    size_t module_length, name_length;
    const char *module = take_line(m, &module_length);
    const char *name = module ? take_line(m, &name_length) : NULL;
    if (!name)
        return -1;
    return push(m, pickle_name(m->pickle, module, module_length, name, name_length, m->file));
}

/* A container of the top `count` values. */
static int push_tuple(Machine *m, int count)
{
    if (count < 0)
        return -1;
    if (count > available(m))
        return fail(m, "takes from an empty stack");
    PickleValue *tuple = pickle_new(m->pickle, PICKLE_TUPLE);
    pickle_reserve(m->pickle, tuple, count);
    m->depth -= count;
    for (int i = 0; i < count; i++)
        tuple->items[tuple->count++] = m->stack[m->depth + i];
    return push(m, tuple);
}

static int push_marked_tuple(Machine *m)
{
    PickleValue **items;
    int count = pop_to_mark(m, &items);
    if (count > 0)
        m->depth += count;
    return push_tuple(m, count);
}

/* Appends to the list or dictionary on top of the stack. */
static int append(Machine *m, PickleKind kind, PickleValue **items, int count)
{
    PickleValue *container = count < 0 ? NULL : top(m);
    if (!container)
        return -1;
    if (container->kind != kind || (kind == PICKLE_DICTIONARY && count % 2 != 0))
        return fail(m, "adds to something that is not a list or dictionary");
    for (int i = 0; i < count; i++)
        pickle_append(m->pickle, container, items[i]);
    return 0;
}

static int append_marked(Machine *m, PickleKind kind)
{
    PickleValue **items = NULL;
    int count = pop_to_mark(m, &items);
    return append(m, kind, items, count);
}

static int append_top(Machine *m, PickleKind kind, int count)
{
    if (available(m) < count)
        return fail(m, "takes from an empty stack");
    m->depth -= count;
    return append(m, kind, m->stack + m->depth, count);
}

static int remember(Machine *m, int64_t place)
{
    PickleValue *value = place < 0 ? NULL : top(m);
    if (!value)
        return -1;
    if (place >= MOST_OPERATIONS)
        return fail(m, "remembers too many values");
    if (place >= m->memo_count) {
        int count = place >= 2 * (int64_t)m->memo_count ? (int)place + 1 : 2 * m->memo_count;
        m->memo = memory_resize(m->memo, (size_t)count, sizeof *m->memo);
        memset(m->memo + m->memo_count, 0, (size_t)(count - m->memo_count) * sizeof *m->memo);
        m->memo_count = count;
    }
    m->memo[place] = value;
    return 0;
}

static int recall(Machine *m, int64_t place)
{
    if (place < 0)
        return -1;
    if (place >= m->memo_count || !m->memo[place])
        return fail(m, "recalls a value that was not remembered");
    return push(m, m->memo[place]);
}

static int call(Machine *m)
{
    PickleValue *arguments = pop(m);
    PickleValue *callee = arguments ? pop(m) : NULL;
    return callee ? push(m, pickle_call(m->pickle, callee, arguments, m->file)) : -1;
}

/* BUILD sets attributes: an OrderedDict's _metadata, which says nothing about values. */
static int build(Machine *m)
{
    PickleValue *state = pop(m);
    PickleValue *object = state ? top(m) : NULL;
    if (object && object->kind != PICKLE_DICTIONARY)
        return fail(m, "sets attributes of something that is not a dictionary");
    return object ? 0 : -1;
}

static int push_storage(Machine *m)
{
    PickleValue *identity = pop(m);
    return identity ? push(m, pickle_storage(m->pickle, identity, m->file)) : -1;
}

static int check_protocol(Machine *m)
{
    int64_t protocol = take_number(m, 1);
    if (protocol == 2 || protocol < 0)
        return protocol < 0 ? -1 : 0;
    return fail(m, "is not of protocol 2, the one torch writes");
}

static int stop(Machine *m)
{
    m->pickle->root = pop(m);
    m->pickle->length = m->at;
    m->stopped = true;
    return m->pickle->root ? 0 : -1;
}

static int operate(Machine *m, uint8_t operation)
{
    switch (operation) {
    case 0x80: /* PROTO */
        return check_protocol(m);
    case '.':
        return stop(m);
    case '(':
        return push_mark(m);
    case 'N':
        return push(m, pickle_new(m->pickle, PICKLE_NONE));
    case 0x88: /* NEWTRUE */
    case 0x89: /* NEWFALSE */
        return push_integer(m, PICKLE_BOOL, operation == 0x88);
    case 'K': /* BININT1 */
        return push_unsigned(m, 1);
    case 'M': /* BININT2 */
        return push_unsigned(m, 2);
    case 'J': /* BININT */
        return push_signed(m);
    case 0x8a: /* LONG1 */
        return push_long(m);
    case 'G': /* BINFLOAT */
        return push_real(m);
    case 'U': /* SHORT_BINSTRING */
        return push_text(m, 1);
    case 'T': /* BINSTRING */
    case 'X': /* BINUNICODE */
        return push_text(m, 4);
    case ')': /* EMPTY_TUPLE */
        return push_tuple(m, 0);
    case 't': /* TUPLE */
        return push_marked_tuple(m);
    case 0x85: /* TUPLE1 */
    case 0x86: /* TUPLE2 */
    case 0x87: /* TUPLE3 */
        return push_tuple(m, operation - 0x84);
    case ']': /* EMPTY_LIST */
        return push(m, pickle_new(m->pickle, PICKLE_LIST));
    case 'a': /* APPEND */
        return append_top(m, PICKLE_LIST, 1);
    case 'e': /* APPENDS */
        return append_marked(m, PICKLE_LIST);
    case '}': /* EMPTY_DICT */
        return push(m, pickle_new(m->pickle, PICKLE_DICTIONARY));
    case 's': /* SETITEM */
        return append_top(m, PICKLE_DICTIONARY, 2);
    case 'u': /* SETITEMS */
        return append_marked(m, PICKLE_DICTIONARY);
    case 'q': /* BINPUT */
        return remember(m, take_number(m, 1));
    case 'r': /* LONG_BINPUT */
        return remember(m, take_number(m, 4));
    case 'h': /* BINGET */
        return recall(m, take_number(m, 1));
    case 'j': /* LONG_BINGET */
        return recall(m, take_number(m, 4));
    case 'c': /* GLOBAL */
        return push_name(m);
    case 'Q': /* BINPERSID */
        return push_storage(m);
    case 'R': /* REDUCE */
        return call(m);
    case 'b': /* BUILD */
        return build(m);
    }
    m->at--; /* name the place of the opcode itself */
    char what[64];
    snprintf(what, sizeof what, "refuses opcode 0x%02x", operation);
    return fail(m, what);
}

Pickle *pickle_read(const uint8_t *bytes, size_t count, const char *file)
{
    Machine m = {.bytes = bytes, .count = count, .file = file};
    m.pickle = memory_new(sizeof *m.pickle);
    int result = 0;
    for (int steps = 0; result == 0 && !m.stopped; steps++) {
        const uint8_t *operation = take(&m, 1);
        if (!operation)
            result = -1;
        else if (steps == MOST_OPERATIONS)
            result = fail(&m, "is too long");
        else
            result = operate(&m, *operation);
    }
    free(m.stack);
    free(m.marks);
    free(m.memo);
    if (result == 0)
        return m.pickle;
    pickle_free(m.pickle);
    return NULL;
}
