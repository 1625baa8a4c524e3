#include "data/hdf5_describe.h"

#include "data/hdf5_file.h"
#include "tests/unit.h"

/* The text that hdf5_describe prints of `path`, at most 4095 bytes of it. */
static const char *description(const char *path)
{
    static char text[4096];
    FILE *stream = tmpfile();
    REQUIRE(stream != NULL);
    CHECK(hdf5_describe(path, stream) == 0);
    rewind(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = 0;
    fclose(stream);
    return text;
}

static void put_integers(hid_t file, const char *name, hsize_t count)
{
    int64_t *values = calloc(count, sizeof *values);
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t attribute = H5Acreate2(file, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    CHECK(H5Awrite(attribute, H5T_NATIVE_INT64, values) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    free(values);
}

static void put_texts(hid_t file, const char *name, hsize_t count)
{
    char *values = calloc(count, 8);
    hid_t type = hdf5_text_type(8), space = H5Screate_simple(1, &count, NULL);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    CHECK(H5Awrite(attribute, type, values) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    free(values);
}

TEST(attributes_of_many_values_are_counted_and_not_read)
{
    const char *path = unit_scratch("arrays.h5");
    hid_t file = hdf5_create_in_memory();
    REQUIRE(file >= 0);
    CHECK(hdf5_put_integer(file, "one", 7) == 0);
    put_integers(file, "thousand", 1000);
    put_texts(file, "words", 1000);
    CHECK(hdf5_write_memory(file, path) == 0);
    H5Fclose(file);
    const char *text = description(path);
    CHECK(strstr(text, "  one: 7\n") != NULL);
    CHECK(strstr(text, "  thousand: (1000 values)\n") != NULL);
    CHECK(strstr(text, "  words: (1000 values)\n") != NULL);
    CHECK_NO_ERROR();
}

TEST(datasets_are_described_with_groups_types_and_extents)
{
    const char *path = unit_scratch("sets.h5");
    hid_t file = hdf5_create_in_memory();
    REQUIRE(file >= 0);
    hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, (hsize_t[]){3, 5}, NULL);
    H5Dclose(
        H5Dcreate2(group, "bytes", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
    H5Gclose(group);
    CHECK(hdf5_write_memory(file, path) == 0);
    H5Fclose(file);
    CHECK(strcmp(description(path), "  /group/bytes uint8 [3,5]\n") == 0);
    CHECK_NO_ERROR();
}
