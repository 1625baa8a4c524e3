#include "eval/sheet.h"

#include <string.h>

#include "data/resample.h"

enum { ENLARGEMENT = 4, GAP = 8 };

/* Baselines other than bicubic are left to the report. */
static bool is_shown(const Results *r, int tile, int tiles)
{
    if (tile == 0 || tile == tiles - 1)
        return true;
    const Method *method = &r->methods->items[tile - 1];
    return strcmp(method->kind, "baseline") != 0 || strcmp(method->name, "bicubic") == 0;
}

static void paste(Image *sheet, const Image *part, int x, int y)
{
    for (int row = 0; row < part->height; row++)
        memcpy(sheet->rgb + ((size_t)(y + row) * (size_t)sheet->width + (size_t)x) * 3,
               part->rgb + (size_t)row * (size_t)part->width * 3, (size_t)part->width * 3);
}

static void paste_tile(Image *sheet, const Strip *strip, int tile, int x, int y)
{
    Image image = strip_tile(strip, tile);
    Image large = image_resample(&image, strip->width * ENLARGEMENT, strip->height * ENLARGEMENT,
                                 KERNEL_NEAREST);
    paste(sheet, &large, x, y);
    image_free(&large);
    image_free(&image);
}

int sheet_write(const Results *r, const Strips *strips, const char *path)
{
    int columns = 0, cell = STRIP_PIXELS * ENLARGEMENT;
    for (int tile = 0; tile < strips->tiles; tile++)
        columns += is_shown(r, tile, strips->tiles);
    Image sheet = image_new(columns * (cell + GAP) - GAP, strips->count * (cell + GAP) - GAP);
    memset(sheet.rgb, 255, (size_t)sheet.width * (size_t)sheet.height * 3);
    for (int k = 0; k < strips->count; k++)
        for (int tile = 0, column = 0; tile < strips->tiles; tile++)
            if (is_shown(r, tile, strips->tiles))
                paste_tile(&sheet, &strips->items[k], tile, column++ * (cell + GAP),
                           k * (cell + GAP));
    int result = image_write(path, &sheet);
    image_free(&sheet);
    return result;
}
