#include "train/events.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "data/checksum.h"
#include "train/scalars.h"

enum { FIELD_VARINT = 0, FIELD_64_BITS = 1, FIELD_BYTES = 2, FIELD_32_BITS = 5 };
enum {
    EVENT_WALL_TIME = 1,
    EVENT_STEP = 2,
    EVENT_VERSION = 3,
    EVENT_SUMMARY = 5,
    EVENT_SESSION = 7
};
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2 };
enum { SESSION_STATUS = 1, SESSION_START = 1 };

struct Events {
    int file;
    char *path;
};

/* A message being put together. */
typedef struct Bytes {
    uint8_t *items;
    int count, capacity;
} Bytes;

static void put(Bytes *b, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memory_grow(&b->items, b->count, &b->capacity, 1);
        b->items[b->count++] = ((const uint8_t *)bytes)[i];
    }
}

/* Least significant byte first, on every processor. */
static void put_little(Bytes *b, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++, value >>= 8)
        put(b, &(uint8_t){(uint8_t)value}, 1);
}

static void put_varint(Bytes *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put(b, &(uint8_t){(uint8_t)(value | 0x80)}, 1);
    put(b, &(uint8_t){(uint8_t)value}, 1);
}

static void put_key(Bytes *b, int field, int kind)
{
    put_varint(b, (uint64_t)(field << 3 | kind));
}

static void put_block(Bytes *b, int field, const void *bytes, size_t count)
{
    put_key(b, field, FIELD_BYTES);
    put_varint(b, count);
    put(b, bytes, count);
}

static void put_double(Bytes *b, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(b, field, FIELD_64_BITS);
    put_little(b, bits, 8);
}

static void put_float(Bytes *b, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(b, field, FIELD_32_BITS);
    put_little(b, bits, 4);
}

static void put_integer(Bytes *b, int field, uint64_t value)
{
    put_key(b, field, FIELD_VARINT);
    put_varint(b, value);
}

static void add_value(void *context, const char *tag, double value)
{
    Bytes one = {0};
    put_block(&one, VALUE_TAG, tag, strlen(tag));
    put_float(&one, VALUE_SIMPLE, (float)value);
    put_block(context, SUMMARY_VALUE, one.items, (size_t)one.count);
    free(one.items);
}

/* A record's checksums are turned and shifted, so that checksums of checksums do not go wrong. */
static uint32_t masked_checksum(const uint8_t *bytes, size_t count)
{
    uint32_t crc = checksum_crc32c(bytes, count);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static int write_record(Events *e, const Bytes *event)
{
    Bytes record = {0};
    put_little(&record, (uint64_t)event->count, 8);
    put_little(&record, masked_checksum(record.items, 8), 4);
    put(&record, event->items, (size_t)event->count);
    put_little(&record, masked_checksum(event->items, (size_t)event->count), 4);
    ssize_t written = write(e->file, record.items, (size_t)record.count);
    free(record.items);
    if (written == record.count)
        return 0;
    return written < 0 ? error_set_errno(ERROR_FILE, "%s", e->path)
                       : error_set(ERROR_FILE, "%s: disk full", e->path);
}

/* Writes an event of this moment. field: where its content goes; step -1: none. */
static int write_event(Events *e, int64_t step, int field, const void *content, size_t count)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    Bytes event = {0};
    put_double(&event, EVENT_WALL_TIME, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
    if (step >= 0)
        put_integer(&event, EVENT_STEP, (uint64_t)step);
    put_block(&event, field, content, count);
    int result = write_record(e, &event);
    free(event.items);
    return result;
}

/* A new file's name is its own even where two runs begin in one second. */
static int create(Events *e, const char *folder)
{
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    long long seconds = (long long)time(NULL);
    for (int again = 0; again < 1000; again++) {
        free(e->path);
        e->path = memory_print("%s/events.out.tfevents.%lld.%s.%03d", folder, seconds,
                               *host ? host : "localhost", again);
        e->file = open(e->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (e->file >= 0)
            return 0;
        if (!file_exists(e->path))
            break;
    }
    return error_set_errno(ERROR_FILE, "%s: cannot write", e->path);
}

Events *events_open(const char *folder, int64_t step)
{
    static const char VERSION[] = "brain.Event:2";
    Events *e = memory_new(sizeof *e);
    e->file = -1;
    char *place = file_join(folder, "tensorboard");
    int result = file_make_directories(place);
    if (result == 0)
        result = create(e, place);
    free(place);
    if (result == 0)
        result = write_event(e, -1, EVENT_VERSION, VERSION, sizeof VERSION - 1);
    if (result == 0 && step > 0)
        result = events_go_back(e, step);
    if (result == 0)
        return e;
    events_close(e);
    return NULL;
}

void events_close(Events *e)
{
    if (!e)
        return;
    if (e->file >= 0)
        close(e->file);
    free(e->path);
    free(e);
}

int events_add(Events *e, const cJSON *line)
{
    Bytes summary = {0};
    scalars_visit(line, add_value, &summary);
    int result = summary.count > 0 ? write_event(e, scalars_step(line), EVENT_SUMMARY,
                                                 summary.items, (size_t)summary.count)
                                   : 0;
    free(summary.items);
    return result;
}

int events_go_back(Events *e, int64_t step)
{
    Bytes session = {0};
    put_integer(&session, SESSION_STATUS, SESSION_START);
    int result = write_event(e, step + 1, EVENT_SESSION, session.items, (size_t)session.count);
    free(session.items);
    return result;
}
