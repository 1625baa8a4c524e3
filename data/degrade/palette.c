#include "data/degrade/palette.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* Colours with 5 bits a channel, and how often each is there. */
enum { BITS = 5, SIDE = 1 << BITS, CELLS = SIDE * SIDE * SIDE };

typedef struct Cell {
    uint8_t level[3]; /* 0..31 */
    uint32_t count;
    float sum[3]; /* of the exact colours */
} Cell;

typedef struct Box {
    int first, count; /* cells */
    int axis, spread; /* the widest axis, and how wide it is */
    uint64_t pixels;
} Box;

/* Sorts cells along `axis`; ties by the other axes, so that the order is one. */
static void sort_cells(Cell *cells, int count, int axis, Cell *spare)
{
    int starts[SIDE + 1] = {0};
    for (int i = 0; i < count; i++)
        starts[cells[i].level[axis] + 1]++;
    for (int i = 0; i < SIDE; i++)
        starts[i + 1] += starts[i];
    for (int i = 0; i < count; i++)
        spare[starts[cells[i].level[axis]]++] = cells[i];
    memcpy(cells, spare, (size_t)count * sizeof *cells);
}

static void measure(Box *box, const Cell *cells)
{
    box->spread = -1;
    box->pixels = 0;
    for (int axis = 0; axis < 3; axis++) {
        int low = SIDE, high = -1;
        for (int i = box->first; i < box->first + box->count; i++) {
            low = cells[i].level[axis] < low ? cells[i].level[axis] : low;
            high = cells[i].level[axis] > high ? cells[i].level[axis] : high;
        }
        if (high - low > box->spread) {
            box->spread = high - low;
            box->axis = axis;
        }
    }
    for (int i = box->first; i < box->first + box->count; i++)
        box->pixels += cells[i].count;
}

/* Cuts a box of at least two cells where half of its pixels lie on each side. */
static void cut(Box *box, Box *other, Cell *cells, Cell *spare)
{
    uint64_t half = 0;
    int at = 0;
    sort_cells(cells + box->first, box->count, box->axis, spare);
    while (at < box->count - 1 && half * 2 < box->pixels)
        half += cells[box->first + at++].count;
    *other = (Box){.first = box->first + at, .count = box->count - at};
    box->count = at;
    measure(box, cells);
    measure(other, cells);
}

static int collect_cells(const Picture *p, Cell *cells, Workspace *work)
{
    WorkspaceMark mark = workspace_mark(work);
    int *index = workspace_take(work, CELLS, sizeof *index), count = 0;
    memset(index, 0xFF, CELLS * sizeof *index);
    for (size_t i = 0; i < picture_pixels(p); i++) {
        int r = (int)p->planes[0][i], g = (int)p->planes[1][i], b = (int)p->planes[2][i];
        int key = (r >> 3) << 2 * BITS | (g >> 3) << BITS | b >> 3;
        if (index[key] < 0) {
            index[key] = count;
            cells[count++] =
                (Cell){.level = {(uint8_t)(r >> 3), (uint8_t)(g >> 3), (uint8_t)(b >> 3)}};
        }
        Cell *cell = &cells[index[key]];
        cell->count++;
        cell->sum[0] += (float)r;
        cell->sum[1] += (float)g;
        cell->sum[2] += (float)b;
    }
    workspace_release(work, mark);
    return count;
}

static void average(const Box *box, const Cell *cells, float colour[3])
{
    for (int c = 0; c < 3; c++) {
        float sum = 0;
        for (int i = box->first; i < box->first + box->count; i++)
            sum += cells[i].sum[c];
        colour[c] = (float)(int)(sum / (float)box->pixels + 0.5f);
    }
}

void palette_make(Palette *palette, const Picture *picture, int count, Workspace *work)
{
    size_t pixels = picture_pixels(picture), most = pixels < CELLS ? pixels : CELLS;
    Cell *cells = workspace_take(work, most, sizeof *cells);
    Cell *spare = workspace_take(work, most, sizeof *spare);
    Box boxes[256] = {{.first = 0}};
    boxes[0].count = collect_cells(picture, cells, work);
    measure(&boxes[0], cells);
    palette->count = 1;
    while (palette->count < count) {
        int widest = -1;
        uint64_t best = 0;
        for (int i = 0; i < palette->count; i++) {
            uint64_t worth = boxes[i].pixels * (uint64_t)boxes[i].spread;
            if (boxes[i].count > 1 && worth > best) {
                best = worth;
                widest = i;
            }
        }
        if (widest < 0)
            break;
        cut(&boxes[widest], &boxes[palette->count++], cells, spare);
    }
    for (int i = 0; i < palette->count; i++)
        average(&boxes[i], cells, palette->colours[i]);
}

void palette_nearest(const Palette *palette, const float wanted[3], float found[3])
{
    float best = FLT_MAX;
    int nearest = 0;
    for (int i = 0; i < palette->count; i++) {
        const float *c = palette->colours[i];
        float r = c[0] - wanted[0], g = c[1] - wanted[1], b = c[2] - wanted[2];
        float distance = 2 * r * r + 4 * g * g + b * b;
        if (distance < best) {
            best = distance;
            nearest = i;
        }
    }
    memcpy(found, palette->colours[nearest], 3 * sizeof *found);
}
