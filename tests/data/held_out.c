#include "data/held_out.h"

#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "tests/unit.h"

static char *write_file(const char *name, const char *text)
{
    char *path = memory_copy_string(unit_scratch(name));
    REQUIRE(file_write_whole(path, text, strlen(text)) == 0);
    return path;
}

static bool is_held(const HeldOut *held_out, const char *path)
{
    bool held = false;
    CHECK(held_out_check(held_out, path, &held) == 0);
    return held;
}

TEST(held_out_files_are_known_by_any_name_and_as_copies)
{
    char *shown = write_file("shown.png", "picture one"),
         *other = write_file("o.png", "of his own");
    char *copy = write_file("copy.jpg", "picture one"), *near = write_file("n.png", "picture two");
    char *link_path = memory_copy_string(unit_scratch("link.png"));
    REQUIRE(symlink(shown, link_path) == 0);
    HeldOut *held_out = held_out_new((char *[]){shown}, 1);
    REQUIRE(held_out != NULL);
    CHECK(is_held(held_out, shown));
    CHECK(is_held(held_out, link_path));
    CHECK(is_held(held_out, copy));
    CHECK(!is_held(held_out, near));
    CHECK(!is_held(held_out, other));
    held_out_free(held_out);
    free(shown);
    free(other);
    free(copy);
    free(near);
    free(link_path);
}

TEST(a_held_out_file_that_is_missing_is_an_error)
{
    CHECK(held_out_new((char *[]){(char[]){"nowhere.png"}}, 1) == NULL);
    CHECK_ERROR(ERROR_FILE, "nowhere.png");
}
