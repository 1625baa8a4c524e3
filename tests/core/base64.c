/* Bytes as text. */
#include "core/base64.h"

#include "tests/unit.h"

static char *encode(const uint8_t *bytes, size_t count)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    base64_print(bytes, count, stream);
    fclose(stream);
    return text;
}

TEST(base64_of_the_examples_of_its_standard)
{
    static const char *const EXPECTED[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                           "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t count = 0; count <= 6; count++) {
        char *text = encode((const uint8_t *)"foobar", count);
        CHECK(strcmp(text, EXPECTED[count]) == 0);
        free(text);
    }
}

TEST(base64_of_long_contents_goes_on_without_a_gap)
{
    enum { COUNT = 10000 };
    uint8_t bytes[COUNT];
    for (int i = 0; i < COUNT; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    char *whole = encode(bytes, COUNT), *rest = encode(bytes + 3072, COUNT - 3072);
    CHECK(strlen(whole) == (COUNT + 2) / 3 * 4);
    CHECK(strcmp(whole + 4096, rest) == 0);
    free(whole);
    free(rest);
}
