#include "nets/onnx/file.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/file.h"

/* protobuf-c recurses without limit and allocates per field, so a hostile file of a few megabytes
 * could exhaust the stack or the memory. The bytes are walked once before it sees them. */
enum { MOST_DEPTH = 16, MOST_FIELDS = 1 << 22 };
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

typedef struct Walk {
    const char *path;
    const uint8_t *at, *end;
    int64_t fields;
} Walk;

static int not_onnx(const Walk *w, const char *why)
{
    return error_set(ERROR_FORMAT, "%s: not an ONNX file: %s", w->path, why);
}

static int read_varint(Walk *w, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (w->at == end)
            return not_onnx(w, "a field is cut off");
        uint8_t byte = *w->at++;
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return 0;
    }
    return not_onnx(w, "a number has more than 64 bits");
}

static int skip(Walk *w, const uint8_t *end, uint64_t count)
{
    if (count > (uint64_t)(end - w->at))
        return not_onnx(w, "a field is cut off");
    w->at += count;
    return 0;
}

static int walk_message(Walk *w, const ProtobufCMessageDescriptor *type, const uint8_t *end,
                        int depth);

/* A field of given length: bytes, text, packed numbers or a message. */
static int walk_bytes(Walk *w, const ProtobufCFieldDescriptor *field, const uint8_t *end, int depth)
{
    uint64_t count;
    if (read_varint(w, end, &count) != 0)
        return -1;
    const uint8_t *begin = w->at;
    if (skip(w, end, count) != 0)
        return -1;
    if (!field || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return 0;
    const uint8_t *after = w->at;
    w->at = begin;
    return walk_message(w, field->descriptor, after, depth + 1);
}

static int walk_field(Walk *w, const ProtobufCMessageDescriptor *type, const uint8_t *end,
                      int depth)
{
    uint64_t tag, value;
    if (++w->fields > MOST_FIELDS)
        return not_onnx(w, "more fields than any network needs");
    if (read_varint(w, end, &tag) != 0)
        return -1;
    if (tag >> 3 == 0 || tag >> 3 > INT32_MAX)
        return not_onnx(w, "a field has an impossible number");
    switch (tag & 7) {
    case WIRE_VARINT:
        return read_varint(w, end, &value);
    case WIRE_64:
        return skip(w, end, 8);
    case WIRE_BYTES:
        return walk_bytes(w, protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3)),
                          end, depth);
    case WIRE_32:
        return skip(w, end, 4);
    default:
        return not_onnx(w, "a field of an unknown kind");
    }
}

static int walk_message(Walk *w, const ProtobufCMessageDescriptor *type, const uint8_t *end,
                        int depth)
{
    if (depth > MOST_DEPTH)
        return not_onnx(w, "messages nest more deeply than any network needs");
    int result = 0;
    while (result == 0 && w->at < end)
        result = walk_field(w, type, end, depth);
    return result;
}

Onnx__ModelProto *onnx_file_parse(const uint8_t *bytes, size_t count, const char *name)
{
    Walk walk = {name, bytes, bytes + count, 0};
    if (walk_message(&walk, &onnx__model_proto__descriptor, walk.end, 0) != 0)
        return NULL;
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, count, bytes);
    if (!model)
        not_onnx(&walk, "its fields do not fit the schema");
    return model;
}

Onnx__ModelProto *onnx_file_read(const char *path)
{
    size_t count;
    uint8_t *bytes = file_read_whole(path, INT32_MAX, &count);
    Onnx__ModelProto *model = bytes ? onnx_file_parse(bytes, count, path) : NULL;
    free(bytes);
    return model;
}

/* Protobuf has no magic number, but every exporter begins with the format's version, a small
 * number, and goes on with a text or a message. Safetensors may begin so too, but has a brace at 8.
 */
bool onnx_file_is(const char *path)
{
    uint8_t begin[9] = {0};
    FILE *file = file_has_extension(path, "onnx") ? NULL : file_open(path);
    size_t count = file ? fread(begin, 1, sizeof begin, file) : 0;
    if (file)
        fclose(file);
    return !file ? file_has_extension(path, "onnx")
                 : count == sizeof begin && begin[0] == (1 << 3 | WIRE_VARINT) && begin[1] > 0 &&
                       begin[1] < 32 && (begin[2] & 7) == WIRE_BYTES && begin[8] != '{';
}
