/* Which model each class of pictures gets: DIR/models.json, which users edit.
 *
 *     {"photo": {"model": "photo.safetensors"},
 *      "text": {"model": "screens.onnx", "scale": 2}}
 *
 * A class without a row takes the one of the next class in its chain:
 *     text, line-art      each other, then photo
 *     portrait, texture   photo
 *     damaged             photo
 * photo must have one. */
#ifndef UPSCALE_ROUTE_TABLE_H
#define UPSCALE_ROUTE_TABLE_H

#include <stdint.h>

#include "upscale/route/route.h"

#define ROUTE_TABLE_NAME "models.json"

typedef struct RouteRow {
    char *model;   /* a file's name, from the table's folder on; NULL: no row */
    int64_t scale; /* of the result; 0: the model's own. What the model makes is resampled to it. */
} RouteRow;

typedef struct RouteTable {
    RouteRow rows[ROUTE_CLASSES];
} RouteTable;

/* Reads DIR/models.json. ERROR_FILE where there is none (the message shows what one looks like),
 * ERROR_CONFIG naming file and key: unknown keys, with the nearest known one; rows without a model;
 * no row of photo. */
int route_table_read(const char *folder, RouteTable *table);
void route_table_free(RouteTable *table);

/* The class whose row a class takes: itself, or the first of its chain that has one. */
RouteClass route_table_row(const RouteTable *table, RouteClass class);

#endif
