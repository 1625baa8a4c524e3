/* The names torch's pickles mention, and what "calling" them makes: plain data. */
#include <limits.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/pickle.h"
#include "nets/weights_files.h"

enum { MOST_COPIED = 1 << 21 };

static const struct {
    const char *module, *name;
    PickleCall call;
} known[] = {
    {"collections", "OrderedDict", CALL_DICTIONARY},
    {"torch._utils", "_rebuild_tensor", CALL_TENSOR}, /* before torch 0.4 */
    {"torch._utils", "_rebuild_tensor_v2", CALL_TENSOR},
    {"torch._utils", "_rebuild_parameter", CALL_PARAMETER},
    {"torch", "Size", CALL_SIZE},
};

static bool equals(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

PickleValue *pickle_name(Pickle *pickle, const char *module, size_t module_length, const char *name,
                         size_t name_length, const char *file)
{
    ElementType type = ELEMENT_F32;
    int call = -1;
    if (equals("torch", module, module_length) && element_from_storage(name, name_length, &type))
        call = CALL_STORAGE_TYPE;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (equals(known[i].module, module, module_length) &&
            equals(known[i].name, name, name_length))
            call = (int)known[i].call;
    if (call < 0) {
        char shown_module[128], shown_name[128];
        error_set(ERROR_FORMAT, "%s: refuses to execute %s.%s", file,
                  weights_printable(shown_module, sizeof shown_module, module, module_length),
                  weights_printable(shown_name, sizeof shown_name, name, name_length));
        return NULL;
    }
    PickleValue *value = pickle_new(pickle, PICKLE_NAME);
    value->name.call = (PickleCall)call;
    value->name.type = type;
    return value;
}

static PickleValue *refuse(const char *file, const char *what)
{
    error_set(ERROR_FORMAT, "%s: %s", file, what);
    return NULL;
}

/* OrderedDict() or OrderedDict([[key, value], ...]). */
static PickleValue *make_dictionary(Pickle *pickle, const PickleValue *arguments, const char *file)
{
    PickleValue *made = pickle_new(pickle, PICKLE_DICTIONARY);
    if (arguments->count == 0)
        return made;
    const PickleValue *pairs = arguments->items[0];
    if (arguments->count > 1 || pairs->kind != PICKLE_LIST)
        return refuse(file, "OrderedDict is given something else than a list");
    /* The same list can be given again and again. */
    pickle->copied += pairs->count;
    if (pickle->copied > MOST_COPIED)
        return refuse(file, "copies too many values into dictionaries");
    for (int i = 0; i < pairs->count; i++) {
        const PickleValue *pair = pairs->items[i];
        if ((pair->kind != PICKLE_LIST && pair->kind != PICKLE_TUPLE) || pair->count != 2)
            return refuse(file, "OrderedDict is given something else than pairs");
        pickle_append(pickle, made, pair->items[0]);
        pickle_append(pickle, made, pair->items[1]);
    }
    return made;
}

static int read_extents(const PickleValue *from, int64_t *extents, const char *what,
                        const char *file)
{
    if (from->kind != PICKLE_TUPLE)
        return error_set(ERROR_FORMAT, "%s: a tensor's %s is not a tuple", file, what);
    if (from->count > WEIGHT_MOST_DIMENSIONS)
        return error_set(ERROR_FORMAT, "%s: a tensor's %s has more than %d dimensions", file, what,
                         WEIGHT_MOST_DIMENSIONS);
    for (int i = 0; i < from->count; i++) {
        if (from->items[i]->kind != PICKLE_INTEGER || from->items[i]->integer < 0)
            return error_set(ERROR_FORMAT,
                             "%s: a tensor's %s must hold whole numbers of at least 0", file, what);
        extents[i] = from->items[i]->integer;
    }
    return 0;
}

/* _rebuild_tensor_v2(storage, offset, size, stride, ...): what follows does not touch values. */
static PickleValue *make_tensor(Pickle *pickle, const PickleValue *arguments, const char *file)
{
    PickleValue **given = arguments->items;
    if (arguments->count < 4 || given[0]->kind != PICKLE_STORAGE ||
        given[1]->kind != PICKLE_INTEGER || given[1]->integer < 0)
        return refuse(file, "a tensor is made of something else than storage, offset, size, "
                            "stride");
    StridedTensor *tensor = pickle_allocate(pickle, sizeof *tensor);
    tensor->storage = given[0]->storage;
    tensor->offset = given[1]->integer;
    tensor->rank = given[2]->count;
    if (read_extents(given[2], tensor->shape, "size", file) != 0 ||
        read_extents(given[3], tensor->stride, "stride", file) != 0)
        return NULL;
    if (given[3]->count != tensor->rank)
        return refuse(file, "a tensor's size and stride differ in length");
    PickleValue *value = pickle_new(pickle, PICKLE_TENSOR);
    value->tensor = tensor;
    return value;
}

PickleValue *pickle_call(Pickle *pickle, const PickleValue *callee, const PickleValue *arguments,
                         const char *file)
{
    if (callee->kind != PICKLE_NAME || arguments->kind != PICKLE_TUPLE)
        return refuse(file, "calls something that cannot be called");
    switch (callee->name.call) {
    case CALL_DICTIONARY:
        return make_dictionary(pickle, arguments, file);
    case CALL_TENSOR:
        return make_tensor(pickle, arguments, file);
    case CALL_PARAMETER:
        if (arguments->count < 1 || arguments->items[0]->kind != PICKLE_TENSOR)
            return refuse(file, "a parameter is made of something else than a tensor");
        return arguments->items[0];
    case CALL_SIZE:
        if (arguments->count != 1 || arguments->items[0]->kind != PICKLE_TUPLE)
            return refuse(file, "torch.Size is given something else than a tuple");
        return arguments->items[0];
    case CALL_STORAGE_TYPE:
        break;
    }
    return refuse(file, "refuses to execute a storage type");
}

PickleValue *pickle_storage(Pickle *pickle, const PickleValue *identity, const char *file)
{
    PickleValue **given = identity->items;
    if (identity->kind != PICKLE_TUPLE || identity->count < 5 || given[0]->kind != PICKLE_STRING ||
        !equals("storage", given[0]->text, (size_t)given[0]->count) ||
        given[1]->kind != PICKLE_NAME || given[1]->name.call != CALL_STORAGE_TYPE ||
        given[2]->kind != PICKLE_STRING || given[4]->kind != PICKLE_INTEGER ||
        given[4]->integer < 0)
        return refuse(file, "a storage is described by something else than type, key, place, size");
    if (identity->count > 5 && given[5]->kind != PICKLE_NONE)
        return refuse(file, "storages that are windows on others (torch before 0.4) are not read");
    Storage *storage = pickle_allocate(pickle, sizeof *storage);
    *storage = (Storage){.type = given[1]->name.type,
                         .key = given[2]->text,
                         .key_length = given[2]->count,
                         .count = given[4]->integer};
    memory_grow(&pickle->storages, pickle->storage_count, &pickle->storage_capacity,
                sizeof(Storage *));
    pickle->storages[pickle->storage_count++] = storage;
    PickleValue *value = pickle_new(pickle, PICKLE_STORAGE);
    value->storage = storage;
    return value;
}
