#include "core/sha256.h"
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
