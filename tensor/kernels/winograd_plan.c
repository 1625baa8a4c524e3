#include "tensor/kernels/winograd_plan.h"
#include "core/threads.h"

#include <omp.h>
#include <string.h>

/* Tiles in a block: enough to make up for reading all weights, or reading and writing their
 * gradient, from the second cache or the third; more would not stay in the second themselves. */
enum {
    BLOCK = 48,
    GRADIENT_BLOCK = 64,
    FEWEST = 32,              /* of a thread that makes blocks of its own */
    ROWS = 16,                /* of a part of a product */
    LINE = 16,                /* values of a cache line */
    OWN_BYTES = 1 << 20,      /* of a thread's own gradient, at most */
    TOGETHER_BYTES = 20 << 20 /* of a gradient that is made together, and of its blocks */
};

Range winograd_part(Range range, int index, int count)
{
    int64_t values = range.last - range.first;
    return (Range){range.first + values * index / count,
                   range.first + values * (index + 1) / count};
}

Tiles tiles_of(const WinogradSteps *steps, int64_t rows, int64_t columns)
{
    int size = WINOGRAD_INPUT + 1 - steps->kernel;
    return (Tiles){.rows = (rows + size - 1) / size,
                   .columns = (columns + size - 1) / size,
                   .size = size,
                   .read = 1,
                   .apart = 1};
}

/* ---- Plans ------------------------------------------------------------------------------------
 */

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Values of a point's transformed tile, in whole chunks. */
static int64_t tile_values(const Plan *plan, int which)
{
    int64_t channels = plan->channels[which], chunk = plan->chunk;
    return chunk > 0 && channels > chunk ? (channels + chunk - 1) / chunk * chunk : channels;
}

static int64_t tile_bytes(const Plan *plan)
{
    return (int64_t)sizeof(float) * WINOGRAD_POINTS *
           (tile_values(plan, 0) + tile_values(plan, 1)) / plan->row_tiles;
}

static int64_t block_rows(const Plan *plan)
{
    return (plan->block + plan->row_tiles - 1) / plan->row_tiles;
}

static void plan_begin(Plan *plan, const Tiles *tiles, int64_t pictures)
{
    plan->tiles = pictures * tiles->rows * tiles->columns;
    plan->threads = (int)clamp(threads_count(), 1, 4096);
}

void plan_convolution(Plan *plan, const Tiles *tiles, int64_t pictures, int64_t depth,
                      int64_t columns, const WinogradSteps *steps)
{
    plan_begin(plan, tiles, pictures);
    bool one_panel = columns <= (int64_t)steps->lanes * steps->panel;
    plan->row_tiles = 1;
    plan->depth = depth;
    plan->scaled = steps->scaled;
    plan->channels[0] = one_panel && columns > depth ? columns : depth;
    plan->channels[1] = one_panel ? 0 : columns;
    plan->together = plan->threads > 1 && plan->tiles < FEWEST * plan->threads;
    plan->block = plan->together ? plan->tiles : BLOCK;
}

int64_t plan_weights(Plan *plan, const Tiles *tiles, int64_t pictures, int64_t inputs,
                     int64_t outputs, const WinogradSteps *steps)
{
    plan_begin(plan, tiles, pictures);
    plan->chunk = (int64_t)steps->lanes * steps->panel;
    plan->row_tiles = steps->pairs;
    int64_t row_bytes = (int64_t)sizeof(float) * WINOGRAD_POINTS * outputs;
    plan->together = inputs * row_bytes > OWN_BYTES ||
                     (plan->threads > 1 && plan->tiles < FEWEST * plan->threads);
    int64_t parts = (inputs * row_bytes + TOGETHER_BYTES - 1) / TOGETHER_BYTES;
    int64_t chunks = ((inputs + plan->chunk - 1) / plan->chunk + parts - 1) / parts;
    if (steps->stride > 1) /* whole vectors of each phase */
        chunks = (chunks + 3) / 4 * 4;
    if (inputs > chunks * plan->chunk)
        inputs = chunks * plan->chunk;
    plan->channels[0] = (inputs + steps->lanes - 1) / steps->lanes * steps->lanes;
    plan->channels[1] = outputs;
    plan->result = WINOGRAD_POINTS * winograd_plane(inputs * outputs);
    int64_t most = TOGETHER_BYTES / tile_bytes(plan);
    int64_t wanted = clamp(inputs * outputs / 256, BLOCK, 4 * GRADIENT_BLOCK);
    plan->block = plan->together ? least(plan->tiles, clamp(wanted, ROWS / 2 * plan->threads, most))
                                 : GRADIENT_BLOCK;
    return inputs;
}

Range plan_tiles(const Plan *plan, Team *team)
{
    int thread = omp_get_thread_num(), threads = omp_get_num_threads();
    Range all = {0, plan->tiles};
    if (plan->together) {
        *team = (Team){thread, threads, thread};
        return all;
    }
    *team = (Team){0, 1, thread};
    return winograd_part(all, thread, threads);
}

int64_t plan_blocks(const Plan *plan, Range tiles)
{
    return (tiles.last - tiles.first + plan->block - 1) / plan->block;
}

/* ---- Teams ------------------------------------------------------------------------------------
 */

void team_wait(Team team)
{
    if (team.count > 1) {
#pragma omp barrier
    }
}

/* How many parts of `rows` rows make enough tasks for a team of many threads. */
static int row_parts(int64_t tasks, int64_t rows, Team team)
{
    return team.count == 1 ? 1 : (int)clamp(2 * team.count / tasks, 1, (rows + ROWS - 1) / ROWS);
}

void team_multiply(const WinogradSteps *steps, const Product *product, int64_t rows, Team team)
{
    int64_t tasks = WINOGRAD_POINTS * winograd_panels(product->vectors, steps->panel);
    int parts = row_parts(tasks, rows, team);
    Range mine = winograd_part((Range){0, tasks * parts}, team.index, team.count);
    for (int64_t i = mine.first; i < mine.last; i++)
        steps->multiply(product, (Range){i % tasks, i % tasks + 1},
                        winograd_part((Range){0, rows}, (int)(i / tasks), parts));
}

void team_multiply_tiles(const WinogradSteps *steps, const Transformed *v, int64_t rows,
                         const Transformed *d, int64_t columns, float *result, bool add, Team team)
{
    int64_t width = (int64_t)steps->lanes * steps->panel;
    int64_t down = (rows + width - 1) / width, across = (columns + width - 1) / width;
    int64_t tasks = WINOGRAD_POINTS * down * across;
    int parts = row_parts(tasks, least(rows, width), team);
    Range mine = winograd_part((Range){0, tasks * parts}, team.index, team.count);
    for (int64_t i = mine.first; i < mine.last; i++) {
        int64_t point = i / (down * across * parts), row = i / (across * parts) % down;
        int64_t column = i / parts % across;
        Product product = {.a = v->values + row * v->chunk,
                           .b = d->values + column * d->chunk,
                           .result = result + (row * columns + column) * width,
                           .a_row = 1,
                           .a_depth = v->row,
                           .a_plane = v->plane,
                           .b_plane = d->plane,
                           .b_depth = d->row,
                           .result_row = columns,
                           .result_plane = winograd_plane(columns * rows),
                           .depth = transformed_rows(v),
                           .vectors = (int)(least(columns - column * width, width) / steps->lanes),
                           .add = add};
        Range all = {0, least(rows - row * width, width)};
        steps->multiply(&product, (Range){point, point + 1},
                        winograd_part(all, (int)(i % parts), parts));
    }
}

/* ---- Memory -----------------------------------------------------------------------------------
 */

static int64_t whole_lines(int64_t values)
{
    return (values + LINE - 1) / LINE * LINE;
}

static int64_t plane_of(const Plan *plan, int which)
{
    return winograd_plane(block_rows(plan) * tile_values(plan, which));
}

/* A tile of pairs has twice as many channels. */
static int64_t room_values(const Plan *plan)
{
    return plan->scaled ? WINOGRAD_POINTS * 2 * plan->depth : 0;
}

int memory_begin(Memory *memory, const Plan *plan)
{
    int64_t teams = plan->together ? 1 : plan->threads;
    int64_t sums = whole_lines(plan->sums) * plan->threads;
    int64_t team = whole_lines(plan->result) + WINOGRAD_POINTS * plane_of(plan, 0);
    if (plan->channels[1] > 0)
        team += WINOGRAD_POINTS * plane_of(plan, 1);
    if (plan->scaled)
        team += WINOGRAD_POINTS * whole_lines(block_rows(plan));
    /* totals are doubles: twice the values of sums */
    int64_t rooms = room_values(plan) * plan->threads;
    float *values = kernel_scratch(sizeof(float) * (size_t)(3 * sums + rooms + teams * team));
    if (!values)
        return -1;
    *memory = (Memory){.plan = plan,
                       .sums = values,
                       .totals = (double *)(values + sums),
                       .rooms = values + 3 * sums,
                       .teams = values + 3 * sums + rooms,
                       .team_values = team};
    memset(values, 0, sizeof(float) * (size_t)(3 * sums));
    return 0;
}

static float *team_memory(const Memory *memory, Team team)
{
    bool own = !memory->plan->together;
    return memory->teams + (own ? team.thread * memory->team_values : 0);
}

Transformed memory_block(const Memory *memory, int which, Team team, Range block)
{
    const Plan *plan = memory->plan;
    float *values = team_memory(memory, team) + whole_lines(plan->result);
    if (which == 1)
        values += WINOGRAD_POINTS * plane_of(plan, 0);
    int64_t row = tile_values(plan, which), chunk = 0;
    if (plan->chunk > 0 && row > plan->chunk) {
        row = plan->chunk;
        chunk = row * block_rows(plan);
    }
    float *team_end = team_memory(memory, team) + memory->team_values;
    int64_t scale_plane = plan->scaled ? whole_lines(block_rows(plan)) : 0;
    return (Transformed){.values = values,
                         .first = block.first,
                         .count = block.last - block.first,
                         .row = row,
                         .plane = plane_of(plan, which),
                         .chunk = chunk,
                         .row_tiles = plan->row_tiles,
                         .scales = team_end - WINOGRAD_POINTS * scale_plane,
                         .scale_plane = scale_plane,
                         .room = memory->rooms + room_values(plan) * team.thread};
}

float *memory_result(const Memory *memory, Team team)
{
    return team_memory(memory, team);
}

float *memory_sums(const Memory *memory, int thread)
{
    return memory->sums + whole_lines(memory->plan->sums) * thread;
}

void memory_flush_sums(const Memory *memory, int thread)
{
    int64_t count = whole_lines(memory->plan->sums);
    float *sums = memory->sums + count * thread;
    for (int64_t i = 0; i < count; i++) {
        memory->totals[count * thread + i] += (double)sums[i];
        sums[i] = 0;
    }
}

void memory_add_sums(const Memory *memory, float *to, int64_t count)
{
    int64_t apart = whole_lines(memory->plan->sums);
    for (int64_t i = 0; i < count; i++) {
        double total = 0;
        for (int thread = 0; thread < memory->plan->threads; thread++)
            total += memory->totals[apart * thread + i];
        to[i] += (float)total;
    }
}
