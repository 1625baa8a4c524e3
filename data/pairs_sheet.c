#include "data/pairs_sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/lettering.h"
#include "data/resample.h"

enum { GAP = 4, MARGIN = 12 };

void shown_pair_free(ShownPair *pair)
{
    image_free(&pair->hr);
    image_free(&pair->lr);
    free(pair->words);
    *pair = (ShownPair){0};
}

static void paste(const Image *sheet, const Image *part, int x, int y)
{
    for (int row = 0; row < part->height; row++)
        memcpy(sheet->rgb + ((size_t)(y + row) * (size_t)sheet->width + (size_t)x) * 3,
               part->rgb + (size_t)row * (size_t)part->width * 3, (size_t)part->width * 3);
}

/* A cell is as high as the longest caption makes it. */
typedef struct Cells {
    int width, height, columns, rows;
} Cells;

static Cells plan_cells(const ShownPair *pairs, int count)
{
    int lines = 0, width = 2 * pairs->hr.width + GAP;
    for (int i = 0; i < count; i++) {
        int own = lettering_lines(pairs[i].words, width);
        lines = own > lines ? own : lines;
    }
    Cells c = {.width = width + MARGIN, .height = pairs->hr.height + GAP + lines * LETTER_LINE};
    c.height += MARGIN;
    /* About three times as wide as two high. */
    c.columns = (int)lround(sqrt(1.5 * count * c.height / c.width));
    c.columns = c.columns < 1 ? 1 : c.columns < count ? c.columns : count;
    c.rows = (count + c.columns - 1) / c.columns;
    return c;
}

static void draw_pair(const Image *sheet, const ShownPair *pair, int x, int y)
{
    int width = pair->hr.width, height = pair->hr.height;
    Image large = image_resample(&pair->lr, width, height, KERNEL_NEAREST);
    paste(sheet, &large, x, y);
    paste(sheet, &pair->hr, x + width + GAP, y);
    lettering_draw_lines(sheet, x, y + height + GAP, 2 * width + GAP, pair->words);
    image_free(&large);
}

Image pairs_sheet(const ShownPair *pairs, int count, const char *title)
{
    Cells c = plan_cells(pairs, count);
    int width = c.columns * c.width + MARGIN;
    int head = MARGIN + lettering_lines(title, width - 2 * MARGIN) * LETTER_LINE + GAP;
    Image sheet = image_new(width, head + c.rows * c.height);
    memset(sheet.rgb, 255, (size_t)sheet.width * (size_t)sheet.height * 3);
    lettering_draw_lines(&sheet, MARGIN, MARGIN, width - 2 * MARGIN, title);
    for (int i = 0; i < count; i++)
        draw_pair(&sheet, &pairs[i], MARGIN + i % c.columns * c.width,
                  head + i / c.columns * c.height);
    return sheet;
}
