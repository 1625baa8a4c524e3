#include "core/sha256.h"

#include "core/error.h"
#include "core/file.h"
#include "tests/unit.h"

static void check(const char *text, size_t count, const char *expected)
{
    uint64_t digest[4];
    char digits[65];
    sha256(text, count, digest);
    sha256_text(digest, digits);
    CHECK(strcmp(digits, expected) == 0);
}

TEST(sha256_gives_the_published_digests)
{
    check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    check(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

TEST(sha256_in_pieces_gives_the_digest_of_the_whole)
{
    enum { COUNT = 1000 };
    char bytes[COUNT];
    for (int i = 0; i < COUNT; i++)
        bytes[i] = (char)(i * 7);
    uint64_t whole[4], pieces[4], read[4];
    sha256(bytes, COUNT, whole);
    for (size_t piece = 1; piece < 200; piece += 9) {
        Sha256 hash;
        sha256_begin(&hash);
        for (size_t at = 0; at < COUNT; at += piece)
            sha256_add(&hash, bytes + at, piece < COUNT - at ? piece : COUNT - at);
        sha256_end(&hash, pieces);
        CHECK(memcmp(pieces, whole, sizeof whole) == 0);
    }
    const char *path = unit_scratch("sha256.bin");
    CHECK(file_write_whole(path, bytes, COUNT) == 0);
    CHECK(sha256_file(path, read) == 0);
    CHECK(memcmp(read, whole, sizeof whole) == 0);
    CHECK(sha256_file(unit_scratch("sha256-missing.bin"), read) == -1);
    CHECK_ERROR(ERROR_FILE, "sha256-missing.bin: cannot read");
}
