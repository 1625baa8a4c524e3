#include "data/hdf5_chunks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"

/* HDF5 1.10 searches all chunks to tell the address of one (20,000 take 2.7 s), and later versions
 * do so too unless asked by iteration. The usual index, a version 1 B-tree under a version 1 object
 * header, is therefore read here, as "HDF5 File Format Specification Version 3.0" describes it
 * (III.A.1 and IV.A); anything else is asked of HDF5, chunk by chunk. */

enum { LAYOUT = 8, CONTINUATION = 16, CHUNKED = 2, MOST_BLOCKS = 32, MOST_BYTES = 1 << 24 };

typedef struct Search {
    int file;
    int64_t rows, found, nodes;
    uint64_t chunk_bytes;
    int dimensions; /* of a key: the dataset's and one more */
    uint64_t *addresses;
} Search;

static uint64_t little(const uint8_t *bytes, int count)
{
    uint64_t value = 0;
    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static bool read_at(int file, uint64_t offset, void *bytes, size_t count)
{
    return offset < (uint64_t)INT64_MAX - count &&
           pread(file, bytes, count, (off_t)offset) == (ssize_t)count;
}

/* A superblock of version 0 or 1 at the file's start with 8-byte addresses that count from 0. */
static bool has_plain_superblock(int file)
{
    uint8_t s[36];
    if (!read_at(file, 0, s, sizeof s) || s[8] > 1 || s[13] != 8 || s[14] != 8)
        return false;
    return little(s + (s[8] == 0 ? 24 : 28), 8) == 0;
}

/* One block of header messages: finds the layout message's B-tree, collects continuations. */
static bool scan_messages(Search *s, uint64_t blocks[][2], int block, int *block_count,
                          uint64_t *tree)
{
    uint64_t bytes = blocks[block][1];
    if (bytes > MOST_BYTES)
        return false;
    uint8_t *messages = memory_new(bytes + 1);
    bool found = false, good = read_at(s->file, blocks[block][0], messages, bytes);
    for (uint64_t at = 0; good && !found && at + 8 <= bytes;) {
        uint64_t type = little(messages + at, 2), size = little(messages + at + 2, 2);
        const uint8_t *body = messages + at + 8;
        at += 8 + size;
        if (at > bytes)
            break;
        if (type == CONTINUATION && size >= 16 && *block_count < MOST_BLOCKS) {
            blocks[*block_count][0] = little(body, 8);
            blocks[(*block_count)++][1] = little(body + 8, 8);
        } else if (type == LAYOUT && size >= 11 && body[0] == 3 && body[1] == CHUNKED &&
                   body[2] <= H5S_MAX_RANK + 1) {
            s->dimensions = body[2];
            *tree = little(body + 3, 8);
            found = true;
        }
    }
    free(messages);
    return found;
}

static bool find_tree(Search *s, uint64_t header, uint64_t *tree)
{
    uint8_t prefix[16];
    if (!read_at(s->file, header, prefix, sizeof prefix) || prefix[0] != 1)
        return false;
    uint64_t blocks[MOST_BLOCKS][2] = {{header + 16, little(prefix + 8, 4)}};
    int count = 1;
    for (int i = 0; i < count; i++)
        if (scan_messages(s, blocks, i, &count, tree))
            return true;
    return false;
}

static bool add_chunk(Search *s, const uint8_t *key, uint64_t address)
{
    uint64_t row = little(key + 8, 8);
    if (little(key, 4) != s->chunk_bytes || little(key + 4, 4) != 0 || row >= (uint64_t)s->rows ||
        s->addresses[row] != HADDR_UNDEF)
        return false;
    s->addresses[row] = address;
    s->found++;
    return true;
}

/* A node and all below it. A damaged file may point anywhere, so levels must fall by one and the
 * number of nodes is bounded. */
enum { DEEPEST = 16 };

static bool walk(Search *s, uint64_t address, int level)
{
    uint8_t head[24];
    if (++s->nodes > 2 * s->rows + 64 || !read_at(s->file, address, head, sizeof head) ||
        memcmp(head, "TREE\1", 5) != 0 || head[5] > DEEPEST || (level >= 0 && head[5] != level))
        return false;
    size_t key_bytes = 8 + 8 * (size_t)s->dimensions, entry_bytes = key_bytes + 8;
    int entries = (int)little(head + 6, 2);
    uint8_t *entry = memory_array((size_t)entries + 1, entry_bytes);
    bool good = read_at(s->file, address + sizeof head, entry, (size_t)entries * entry_bytes);
    for (int i = 0; good && i < entries; i++) {
        const uint8_t *key = entry + (size_t)i * entry_bytes;
        uint64_t child = little(key + key_bytes, 8);
        good = head[5] == 0 ? add_chunk(s, key, child) : walk(s, child, head[5] - 1);
    }
    free(entry);
    return good;
}

static uint64_t header_address(hid_t dataset)
{
#if H5_VERSION_GE(1, 12, 0)
    H5O_info1_t info;
    return H5Oget_info2(dataset, &info, H5O_INFO_BASIC) < 0 ? HADDR_UNDEF : info.addr;
#else
    H5O_info_t info;
    return H5Oget_info2(dataset, &info, H5O_INFO_BASIC) < 0 ? HADDR_UNDEF : info.addr;
#endif
}

static bool read_tree(hid_t dataset, Search *s)
{
    uint64_t tree = 0;
    for (int64_t i = 0; i < s->rows; i++)
        s->addresses[i] = HADDR_UNDEF;
    return has_plain_superblock(s->file) && find_tree(s, header_address(dataset), &tree) &&
           walk(s, tree, -1) && s->found == s->rows;
}

static int ask_each(hid_t dataset, Search *s)
{
    for (int64_t i = 0; i < s->rows; i++) {
        hsize_t offset[H5S_MAX_RANK] = {(hsize_t)i}, bytes = 0;
        haddr_t address = HADDR_UNDEF;
        unsigned skipped = 0;
        if (H5Dget_chunk_info_by_coord(dataset, offset, &skipped, &address, &bytes) < 0 ||
            address == HADDR_UNDEF)
            return error_set(ERROR_FORMAT, "row %lld is missing", (long long)i);
        if (bytes != s->chunk_bytes || skipped != 0)
            return error_set(ERROR_FORMAT, "row %lld has no checksum or the wrong size",
                             (long long)i);
        s->addresses[i] = address;
    }
    return 0;
}

int hdf5_chunk_addresses(hid_t dataset, int file, int64_t rows, uint64_t chunk_bytes,
                         uint64_t *addresses)
{
    Search s = {.file = file, .rows = rows, .chunk_bytes = chunk_bytes, .addresses = addresses};
    if (!read_tree(dataset, &s) && ask_each(dataset, &s) != 0)
        return -1;
    struct stat status;
    if (fstat(file, &status) != 0)
        return error_set_errno(ERROR_FILE, "cannot tell the file's size");
    uint64_t size = (uint64_t)status.st_size;
    for (int64_t i = 0; i < rows; i++)
        if (addresses[i] > size || chunk_bytes > size - addresses[i])
            return error_set(ERROR_FORMAT, "row %lld lies outside the file", (long long)i);
    return 0;
}
