#include "upscale/route/table.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/fields.h"
#include "core/file.h"
#include "core/json.h"

static const Field ROW[] = {{.name = "model",
                             .kind = FIELD_STRING,
                             .offset = offsetof(RouteRow, model),
                             .help = "a model's file, from the table's folder on"},
                            {.name = "scale",
                             .kind = FIELD_INTEGER,
                             .offset = offsetof(RouteRow, scale),
                             .fallback = "0",
                             .min = 0,
                             .max = 64,
                             .help = "of the result; 0: the model's own"},
                            {0}};

#define CLASS(spelling, class)                                                                     \
    {                                                                                              \
        .name = spelling, .kind = FIELD_OBJECT,                                                    \
        .offset = offsetof(RouteTable, rows) + (class) * sizeof(RouteRow), .fields = ROW           \
    }

static const Field TABLE[] = {CLASS("damaged", ROUTE_DAMAGED),
                              CLASS("text", ROUTE_TEXT),
                              CLASS("line-art", ROUTE_LINE_ART),
                              CLASS("portrait", ROUTE_PORTRAIT),
                              CLASS("texture", ROUTE_TEXTURE),
                              CLASS("photo", ROUTE_PHOTO),
                              {0}};

static const RouteClass NEXT[ROUTE_CLASSES] = {
    [ROUTE_DAMAGED] = ROUTE_PHOTO,  [ROUTE_TEXT] = ROUTE_LINE_ART, [ROUTE_LINE_ART] = ROUTE_TEXT,
    [ROUTE_PORTRAIT] = ROUTE_PHOTO, [ROUTE_TEXTURE] = ROUTE_PHOTO, [ROUTE_PHOTO] = ROUTE_PHOTO};

/* A row that stands there must name a model. */
static int check_rows(const RouteTable *table, const cJSON *object)
{
    for (RouteClass c = 0; c < ROUTE_CLASSES; c++)
        if (cJSON_GetObjectItemCaseSensitive(object, ROUTE_NAMES[c]) &&
            (!table->rows[c].model || !*table->rows[c].model))
            return error_set(ERROR_CONFIG, "%s: \"model\" is missing", ROUTE_NAMES[c]);
    if (!table->rows[ROUTE_PHOTO].model)
        return error_set(ERROR_CONFIG, "photo: missing, and the others fall back to it");
    return 0;
}

static int parse(const char *path, RouteTable *table)
{
    cJSON *object = json_read(path);
    if (!object)
        return -1;
    int result = fields_parse(TABLE, table, object, "");
    if (result == 0)
        result = check_rows(table, object);
    cJSON_Delete(object);
    return result == 0 ? 0 : error_note("%s", path);
}

int route_table_read(const char *folder, RouteTable *table)
{
    char *path = file_join(folder, ROUTE_TABLE_NAME);
    struct stat there;
    fields_default(TABLE, table);
    int result =
        stat(path, &there) == 0
            ? parse(path, table)
            : error_set(ERROR_FILE,
                        "%s: there is no such table; it looks like {\"photo\": {\"model\": "
                        "\"FILE\"}, \"text\": {\"model\": \"FILE\", \"scale\": 2}}",
                        path);
    free(path);
    if (result != 0)
        route_table_free(table);
    return result;
}

void route_table_free(RouteTable *table)
{
    fields_free(TABLE, table);
}

RouteClass route_table_row(const RouteTable *table, RouteClass class)
{
    if (!table->rows[class].model)
        class = NEXT[class];
    return table->rows[class].model ? class : ROUTE_PHOTO;
}
