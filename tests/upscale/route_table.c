/* models.json: what it may say, what is told of what it may not, and who stands in for whom. */
#include "upscale/route/table.h"

#include "core/error.h"
#include "core/file.h"
#include "tests/unit.h"

static int read_text(const char *text, RouteTable *table)
{
    const char *folder = unit_scratch("route-table");
    REQUIRE(file_make_directories(folder) == 0);
    char *path = file_join(folder, ROUTE_TABLE_NAME);
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL);
    fputs(text, file);
    fclose(file);
    free(path);
    return route_table_read(folder, table);
}

static void refused(const char *text, const char *message)
{
    RouteTable table;
    CHECK(read_text(text, &table) == -1);
    CHECK_ERROR(ERROR_CONFIG, message);
}

TEST(a_table_gives_each_class_its_model_and_scale)
{
    RouteTable t;
    REQUIRE(read_text("{\"photo\":{\"model\":\"p.pth\"},\"line-art\":{\"model\":\"l.onnx\","
                      "\"scale\":2}}",
                      &t) == 0);
    CHECK(strcmp(t.rows[ROUTE_PHOTO].model, "p.pth") == 0 && t.rows[ROUTE_PHOTO].scale == 0);
    CHECK(strcmp(t.rows[ROUTE_LINE_ART].model, "l.onnx") == 0 && t.rows[ROUTE_LINE_ART].scale == 2);
    CHECK(t.rows[ROUTE_TEXT].model == NULL);
    route_table_free(&t);
}

TEST(classes_without_a_row_fall_back_along_their_chain)
{
    RouteTable t;
    REQUIRE(read_text("{\"photo\":{\"model\":\"p\"},\"text\":{\"model\":\"t\"}}", &t) == 0);
    CHECK(route_table_row(&t, ROUTE_TEXT) == ROUTE_TEXT);
    CHECK(route_table_row(&t, ROUTE_LINE_ART) == ROUTE_TEXT);
    CHECK(route_table_row(&t, ROUTE_PORTRAIT) == ROUTE_PHOTO);
    CHECK(route_table_row(&t, ROUTE_TEXTURE) == ROUTE_PHOTO);
    CHECK(route_table_row(&t, ROUTE_DAMAGED) == ROUTE_PHOTO);
    route_table_free(&t);
    REQUIRE(read_text("{\"photo\":{\"model\":\"p\"}}", &t) == 0);
    CHECK(route_table_row(&t, ROUTE_TEXT) == ROUTE_PHOTO);
    route_table_free(&t);
}

TEST(what_is_wrong_with_a_table_is_told_with_file_and_key)
{
    refused("{\"photos\":{\"model\":\"p\"}}", "models.json");
    refused("{\"photo\":{\"model\":\"p\"},\"txt\":{\"model\":\"p\"}}", "text");
    refused("{\"photo\":{\"model\":\"p\",\"scael\":2}}", "scale");
    refused("{\"photo\":{\"model\":\"p\"},\"text\":{\"scale\":2}}", "text: \"model\" is missing");
    refused("{\"text\":{\"model\":\"p\"}}", "photo: missing");
    refused("{\"photo\":{\"model\":\"p\",\"scale\":2.5}}", "photo.scale");
    refused("{\"photo\":", "models.json");
}

TEST(a_missing_table_is_told_with_what_one_looks_like)
{
    RouteTable t;
    CHECK(route_table_read("/nonexistent", &t) == -1);
    CHECK_ERROR(ERROR_FILE, "/nonexistent/models.json: there is no such table; it looks like {");
}
