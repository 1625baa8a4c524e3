#include "core/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"
#include "tests/unit.h"

static bool holds(const char *path, const char *text)
{
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    bool same = bytes && count == strlen(text) && memcmp(bytes, text, count) == 0;
    free(bytes);
    return same;
}

TEST(a_file_appears_only_when_it_is_whole)
{
    const char *path = unit_scratch("whole.txt");
    FileWriter *w = file_begin(path);
    REQUIRE(w != NULL);
    CHECK(file_write(w, "abc", 3) == 0);
    CHECK(!file_exists(path));
    CHECK(file_commit(w) == 0);
    CHECK(holds(path, "abc"));
}

TEST(abandoning_leaves_the_old_content_and_no_remains)
{
    CHECK(file_make_directories(unit_scratch("one/two")) == 0);
    const char *path = unit_scratch("one/two/kept.txt");
    CHECK(file_write_whole(path, "old", 3) == 0);
    FileWriter *w = file_begin(path);
    REQUIRE(w != NULL);
    file_write(w, "new", 3);
    file_abandon(w);
    CHECK(holds(path, "old"));
    FileList list = {0};
    CHECK(file_list(unit_scratch("one"), true, &list) == 0);
    CHECK(list.count == 1);
    file_list_free(&list);
}

TEST(a_new_file_does_not_replace_one_that_came_meanwhile)
{
    const char *path = unit_scratch("meanwhile.txt");
    FileWriter *w = file_begin(path);
    REQUIRE(w != NULL);
    CHECK(file_write(w, "new", 3) == 0);
    FILE *meanwhile = fopen(path, "w");
    REQUIRE(meanwhile && fputs("old", meanwhile) >= 0 && fclose(meanwhile) == 0);
    CHECK(file_commit_new(w) == -1);
    CHECK_ERROR(ERROR_FILE, "meanwhile.txt: is there already");
    CHECK(holds(path, "old"));
    path = unit_scratch("alone.txt");
    w = file_begin(path);
    REQUIRE(w != NULL);
    CHECK(file_write(w, "new", 3) == 0);
    CHECK(file_commit_new(w) == 0);
    CHECK(holds(path, "new"));
}

TEST(a_full_disk_is_an_error_of_one_line)
{
    if (access("/dev/full", W_OK) != 0) {
        unit_skip("needs /dev/full");
        return;
    }
    FileWriter *w = file_begin(unit_scratch("full.txt"));
    REQUIRE(w != NULL);
    REQUIRE(freopen("/dev/full", "wb", file_stream(w)) != NULL);
    file_write(w, "abc", 3);
    CHECK(file_commit(w) == -1);
    CHECK_ERROR(ERROR_FILE, "full.txt: cannot write: No space left on device");
    CHECK(!file_exists(unit_scratch("full.txt")));
}

TEST(reading_is_bounded_and_names_what_is_wrong)
{
    size_t count;
    file_write_whole(unit_scratch("long"), "0123456789", 10);
    CHECK(file_read_whole(unit_scratch("long"), 9, &count) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "larger than the 9 bytes");
    CHECK(file_read_whole(unit_scratch("missing"), 9, &count) == NULL);
    CHECK_ERROR(ERROR_FILE, "No such file");
    CHECK(file_read_whole(unit_scratch(""), 9, &count) == NULL);
    CHECK_ERROR(ERROR_FILE, "not a regular file");
}

TEST(names_are_taken_apart)
{
    CHECK(strcmp(file_name("a/b.png"), "b.png") == 0);
    CHECK(strcmp(file_extension("a.b/c"), "") == 0);
    CHECK(strcmp(file_extension(".hidden"), "") == 0);
    CHECK(file_has_extension("x.PNG", "png"));
    char *stem = file_stem("dir/photo.tar.gz"), *joined = file_join("dir/", "x");
    CHECK(strcmp(stem, "photo.tar") == 0);
    CHECK(strcmp(joined, "dir/x") == 0);
    free(stem);
    free(joined);
}

TEST(free_space_is_told_for_paths_that_do_not_exist_yet)
{
    CHECK(file_space(unit_scratch("not/there/yet.h5")) > 0);
    CHECK(file_space("relative-name-that-does-not-exist") > 0);
}

TEST(a_folder_linked_into_itself_is_listed_once)
{
    CHECK(file_make_directories(unit_scratch("loop/inner")) == 0);
    CHECK(file_write_whole(unit_scratch("loop/inner/a.txt"), "a", 1) == 0);
    CHECK(symlink("..", unit_scratch("loop/inner/back")) == 0);
    FileList list = {0};
    CHECK(file_list(unit_scratch("loop"), true, &list) == 0);
    CHECK(list.count == 1);
    file_list_free(&list);
    CHECK(file_make_directories(unit_scratch("loop/inner/a.txt")) == -1);
    CHECK_ERROR(ERROR_FILE, "Not a directory");
}

TEST(entries_are_all_that_a_folder_has_hidden_ones_and_folders_too)
{
    static const char *const NAMES[] = {".git", "b", "below"};
    char *folder = memory_copy_string(unit_scratch("entries"));
    char *git = file_join(folder, ".git"), *deep = file_join(folder, "below/deep");
    char *file = file_join(folder, "b");
    FileList list = {0};
    REQUIRE(file_make_directories(git) == 0 && file_make_directories(deep) == 0);
    REQUIRE(file_write_whole(file, "b", 1) == 0);
    CHECK(file_entries(folder, &list) == 0);
    REQUIRE(list.count == 3);
    for (int i = 0; i < 3; i++)
        CHECK(strcmp(file_name(list.paths[i]), NAMES[i]) == 0);
    CHECK(strncmp(list.paths[0], folder, strlen(folder)) == 0);
    file_list_free(&list);
    CHECK(file_entries(file, &list) == -1);
    CHECK_ERROR(ERROR_FILE, "entries/b: cannot read the folder");
    free(file);
    free(deep);
    free(git);
    free(folder);
}
