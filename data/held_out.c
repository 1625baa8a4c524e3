#include "data/held_out.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/sha256.h"

static const size_t MOST_BYTES = (size_t)1 << 31;

typedef struct Identity {
    dev_t device;
    ino_t inode;
    off_t bytes;
} Identity;

struct HeldOut {
    Identity *files;
    uint64_t (*digests)[4];
    int count;
};

static int identify(const char *path, Identity *identity)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set_errno(ERROR_FILE, "%s: cannot read", path);
    *identity = (Identity){status.st_dev, status.st_ino, status.st_size};
    return 0;
}

static int digest_file(const char *path, uint64_t digest[4])
{
    size_t count;
    uint8_t *bytes = file_read_whole(path, MOST_BYTES, &count);
    if (!bytes)
        return -1;
    sha256(bytes, count, digest);
    free(bytes);
    return 0;
}

HeldOut *held_out_new(char *const *paths, int count)
{
    HeldOut *h = memory_new(sizeof *h);
    h->files = memory_array((size_t)count + 1, sizeof *h->files);
    h->digests = memory_array((size_t)count + 1, sizeof *h->digests);
    for (; h->count < count; h->count++)
        if (identify(paths[h->count], &h->files[h->count]) != 0 ||
            digest_file(paths[h->count], h->digests[h->count]) != 0) {
            held_out_free(h);
            return NULL;
        }
    return h;
}

void held_out_free(HeldOut *h)
{
    if (!h)
        return;
    free(h->files);
    free(h->digests);
    free(h);
}

int held_out_check(const HeldOut *h, const char *path, bool *held)
{
    Identity own = {0};
    uint64_t digest[4];
    bool digested = false;
    *held = false;
    if (identify(path, &own) != 0)
        return -1;
    for (int i = 0; i < h->count && !*held; i++) {
        const Identity *other = &h->files[i];
        *held = other->device == own.device && other->inode == own.inode;
        if (*held || other->bytes != own.bytes)
            continue;
        if (!digested && digest_file(path, digest) != 0)
            return -1;
        digested = true;
        *held = memcmp(digest, h->digests[i], sizeof digest) == 0;
    }
    return 0;
}
