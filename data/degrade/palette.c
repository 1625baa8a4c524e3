#include "data/degrade/palette.h"

#include <stdlib.h>
#include <string.h>

#include "core/vector.h"

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

/* Distances less what all colours share, |c|^2 - 2 c w, in half levels, times 256, and the index:
 * the least key is that of the nearest colour. |key| is below 2^30. Places up to the next 8 are
 * never the least. */
static void fill_keys(Palette *palette)
{
    static const int WEIGHTS[] = {2, 4, 1};
    for (int i = 0; i < 256; i++) {
        palette->keys[i] = i < palette->count ? i : INT32_MAX;
        for (int c = 0; c < 3; c++) {
            int level = i < palette->count ? 2 * (int)palette->colours[i][c] : 0;
            palette->keys[i] += 256 * WEIGHTS[c] * level * level;
            palette->slopes[c][i] = 256 * 2 * WEIGHTS[c] * level;
        }
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
    fill_keys(palette);
}

static int32_t half_levels(float v)
{
    v = v > 0 ? v : 0;
    v = v < 255 ? v : 255;
    return (int32_t)(2 * v + 0.5f);
}

FOR_EVERY_PROCESSOR
static int32_t least_key(const Palette *palette, int32_t r, int32_t g, int32_t b)
{
    const int32_t *keys = palette->keys, *by_r = palette->slopes[0], *by_g = palette->slopes[1],
                  *by_b = palette->slopes[2];
    int32_t least = INT32_MAX;
    for (int i = 0; i < (palette->count + 7) / 8 * 8; i++) {
        int32_t key = keys[i] - r * by_r[i] - g * by_g[i] - b * by_b[i];
        least = key < least ? key : least;
    }
    return least;
}

void palette_nearest(const Palette *palette, const float wanted[3], float found[3])
{
    int32_t key =
        least_key(palette, half_levels(wanted[0]), half_levels(wanted[1]), half_levels(wanted[2]));
    memcpy(found, palette->colours[key & 255], 3 * sizeof *found);
}
