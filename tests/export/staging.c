/* Where an export lies until it is whole: no one else's, and no one's hindrance. */
#include "export/staging.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "tests/export/unfinished.h"
#include "tests/unit.h"

static void put(const char *folder, const char *name, const char *text)
{
    char *path = file_join(folder, name);
    REQUIRE(file_write_whole(path, text, strlen(text)) == 0);
    free(path);
}

static bool holds(const char *folder, const char *name, const char *text)
{
    size_t count = 0;
    char *path = file_join(folder, name);
    char *found = file_exists(path) ? (char *)file_read_whole(path, 100, &count) : NULL;
    bool same = found && strcmp(found, text) == 0;
    free(found);
    free(path);
    return same;
}

TEST(two_exports_to_one_folder_leave_each_others_work_alone)
{
    char *out = memory_copy_string(unit_scratch("staging-both"));
    Staging a, b;
    REQUIRE(staging_begin(&a, out, true) == 0);
    put(a.path, "file", "a");
    REQUIRE(staging_begin(&b, out, true) == 0);
    put(b.path, "file", "b");
    CHECK(strcmp(a.folder, b.folder) != 0);
    CHECK(holds(a.path, "file", "a"));
    CHECK(staging_publish(&a) == 0);
    staging_end(&a);
    CHECK(holds(out, "file", "a") && holds(b.path, "file", "b"));
    CHECK(staging_publish(&b) == 0);
    staging_end(&b);
    CHECK_NO_ERROR();
    CHECK(holds(out, "file", "b") && unfinished_of(out) == 0);
    free(out);
}

TEST(a_folder_of_the_staged_ones_name_is_neither_used_nor_removed)
{
    char *out = memory_copy_string(unit_scratch("staging-taken"));
    char *theirs[2] = {memory_print("%s.unfinished", out),
                       memory_print("%s.%ld-0.unfinished", out, (long)getpid())};
    for (int i = 0; i < 2; i++) {
        REQUIRE(file_make_directories(theirs[i]) == 0);
        put(theirs[i], "letter", "mine");
    }
    Staging s;
    REQUIRE(staging_begin(&s, out, true) == 0);
    put(s.path, "file", "new");
    CHECK(staging_publish(&s) == 0);
    staging_end(&s);
    CHECK_NO_ERROR();
    CHECK(holds(out, "file", "new"));
    for (int i = 0; i < 2; i++) {
        CHECK(holds(theirs[i], "letter", "mine"));
        free(theirs[i]);
    }
    free(out);
}

TEST(published_folders_are_as_open_as_any_new_one)
{
    char *out = memory_copy_string(unit_scratch("staging-open"));
    const char *other = unit_scratch("staging-other");
    struct stat ours, others;
    Staging s;
    REQUIRE(staging_begin(&s, out, true) == 0);
    CHECK(staging_publish(&s) == 0);
    staging_end(&s);
    REQUIRE(mkdir(other, 0777) == 0 && stat(other, &others) == 0 && stat(out, &ours) == 0);
    CHECK(ours.st_mode == others.st_mode);
    free(out);
}

TEST(files_whose_names_begin_with_a_dot_are_published)
{
    char *out = memory_copy_string(unit_scratch(".staging-hidden"));
    Staging s;
    REQUIRE(staging_begin(&s, out, false) == 0);
    REQUIRE(file_write_whole(s.path, "new", 3) == 0);
    CHECK(staging_publish(&s) == 0);
    CHECK(s.files == 1 && s.bytes == 3);
    staging_end(&s);
    CHECK(file_exists(out) && unfinished_of(out) == 0);
    free(out);
}

TEST(the_folder_one_is_in_cannot_be_replaced)
{
    static const char *const NAMES[] = {".", "./", "..", "/"};
    for (int i = 0; i < 4; i++) {
        Staging s;
        CHECK(staging_begin(&s, NAMES[i], true) == -1);
        CHECK_ERROR(ERROR_FILE, "give the folder's name");
        staging_end(&s);
    }
}
