#include "tensor/kernels/winograd.h"

#include <omp.h>
#include <string.h>

#include "core/threads.h"
#include "tensor/kernels/processor.h"
#include "tensor/kernels/winograd_plan.h"

/* NULL: products of floats. */
static const WinogradSteps *steps_of_pairs(bool strided, bool for_weights)
{
#ifdef KERNELS_WITH_AVX512VNNI
    if (!for_weights && processor_kind() >= PROCESSOR_AVX512VNNI)
        return strided ? &WINOGRAD_STRIDED_AVX512VNNI : &WINOGRAD_AVX512VNNI;
#endif
#ifdef KERNELS_WITH_AVX512BF16
    if (for_weights && processor_kind() >= PROCESSOR_AVX512BF16)
        return strided ? &WINOGRAD_STRIDED_AVX512BF16 : &WINOGRAD_AVX512BF16;
#endif
    (void)strided, (void)for_weights;
    return NULL;
}

const WinogradSteps *winograd_steps(int stride, TensorType type, bool for_weights)
{
    bool strided = stride > 1;
    const WinogradSteps *pairs = type == TENSOR_BF16 ? steps_of_pairs(strided, for_weights) : NULL;
    if (pairs)
        return pairs;
    switch (processor_kind()) {
#ifdef KERNELS_FOR_X86
    case PROCESSOR_AVX512BF16:
    case PROCESSOR_AVX512VNNI:
    case PROCESSOR_AVX512:
        return strided ? &WINOGRAD_STRIDED_AVX512 : &WINOGRAD_AVX512;
    case PROCESSOR_AVX2:
        return strided ? &WINOGRAD_STRIDED_AVX2 : &WINOGRAD_AVX2;
#else
    case PROCESSOR_AVX512BF16:
    case PROCESSOR_AVX512VNNI:
    case PROCESSOR_AVX512:
    case PROCESSOR_AVX2:
#endif
    case PROCESSOR_PORTABLE:
        break;
    }
    return strided ? &WINOGRAD_STRIDED_PORTABLE : &WINOGRAD_PORTABLE;
}

/* Vectors of channels must not lie in two phases. */
bool winograd_fits(const ConvShape *shape)
{
    bool dense = shape->kernel == 3 && shape->stride == 1;
    bool strided = shape->kernel == 4 && shape->stride == 2 && shape->inputs % 16 == 0;
    return (dense || strided) && shape->padding >= 0 && shape->padding <= 1;
}

/* ---- Weights ----------------------------------------------------------------------------------
 */

static int phases_of(const ConvShape *shape)
{
    return shape->stride * shape->stride;
}

/* In values, which may be pairs. */
static int depth_of(const WinogradSteps *steps, const ConvShape *shape, ConvDirection direction)
{
    int depth = direction == CONV_FORWARD ? shape->inputs * phases_of(shape) : shape->outputs;
    return (depth + steps->pairs - 1) / steps->pairs;
}

static int vectors_of(const WinogradSteps *steps, const ConvShape *shape, ConvDirection direction)
{
    int columns = direction == CONV_FORWARD ? shape->outputs : shape->inputs * phases_of(shape);
    return (columns + steps->lanes - 1) / steps->lanes;
}

static int64_t plane_of(const WinogradSteps *steps, const ConvShape *shape, ConvDirection direction)
{
    return winograd_plane((int64_t)depth_of(steps, shape, direction) *
                          vectors_of(steps, shape, direction) * steps->lanes);
}

size_t winograd_packed_bytes(const ConvShape *shape, TensorType type, ConvDirection direction)
{
    const WinogradSteps *steps = winograd_steps(shape->stride, type, false);
    int64_t columns = (int64_t)vectors_of(steps, shape, direction) * steps->lanes;
    int64_t scales = steps->scaled ? columns : 0;
    return sizeof(float) * WINOGRAD_POINTS * (size_t)(plane_of(steps, shape, direction) + scales);
}

int winograd_pack(const ConvShape *shape, TensorType type, ConvDirection direction,
                  const float *weight, float factor, void *packed)
{
    const WinogradSteps *steps = winograd_steps(shape->stride, type, false);
    PackedWeights w = {.weight = weight,
                       .factor = factor,
                       .inputs = shape->inputs,
                       .outputs = shape->outputs,
                       .transposed = direction == CONV_DATA,
                       .packed = packed};
    w.scales = w.packed + WINOGRAD_POINTS * plane_of(steps, shape, direction);
    int vectors = vectors_of(steps, shape, direction);
    Range columns = {0, vectors}, panels = {0, (int64_t)depth_of(steps, shape, direction) *
                                                   winograd_panels(vectors, steps->panel)};
#pragma omp parallel num_threads(threads_count())
    {
        int thread = omp_get_thread_num(), threads = omp_get_num_threads();
        if (steps->scaled) {
            steps->measure(&w, winograd_part(columns, thread, threads));
#pragma omp barrier
        }
        steps->pack(&w, winograd_part(panels, thread, threads));
    }
    return 0;
}

/* ---- Convolutions -----------------------------------------------------------------------------
 */

typedef struct Convolution {
    const WinogradSteps *steps;
    Plan plan;
    Tiles tiles;
    const Map *from, *to;
    const float *packed;
    const ConvEnd *end;                  /* forward, or */
    const ConvGradientEnd *gradient_end; /* data */
    int depth, vectors;
    int64_t plane; /* of packed weights */
    Memory memory;
} Convolution;

static void finish(const Convolution *c, const Transformed *m, Range range, int thread)
{
    if (c->end) {
        c->steps->forward(m, &c->tiles, range, c->end, c->to);
        return;
    }
    bool summed = c->gradient_end->slope_sums;
    c->steps->data(m, &c->tiles, range, c->gradient_end, c->to,
                   summed ? memory_sums(&c->memory, thread) : NULL);
    if (summed)
        memory_flush_sums(&c->memory, thread);
}

/* One block by a team of threads. */
static void convolve_block(const Convolution *c, Range block, Team team)
{
    Transformed v = memory_block(&c->memory, 0, team, block);
    Transformed m = c->plan.channels[1] == 0 ? v : memory_block(&c->memory, 1, team, block);
    Product product = {.a = v.values,
                       .b = c->packed,
                       .result = m.values,
                       .a_row = v.row,
                       .a_depth = 1,
                       .a_plane = v.plane,
                       .b_plane = c->plane,
                       .result_row = m.row,
                       .result_plane = m.plane,
                       .depth = c->depth,
                       .vectors = c->vectors,
                       .a_scales = v.scales,
                       .a_scale_plane = v.scale_plane,
                       .b_scales = c->packed + WINOGRAD_POINTS * c->plane};
    Range part = winograd_part((Range){0, v.count}, team.index, team.count);
    c->steps->input(c->from, &c->tiles, part, &v);
    team_wait(team);
    team_multiply(c->steps, &product, v.count, team);
    team_wait(team);
    finish(c, &m, part, team.thread);
    team_wait(team);
}

static void convolve_part(const Convolution *c)
{
    Team team;
    Range mine = plan_tiles(&c->plan, &team);
    for (int64_t block = 0, blocks = plan_blocks(&c->plan, mine); block < blocks; block++)
        convolve_block(c, winograd_part(mine, (int)block, (int)blocks), team);
}

static int convolve(Convolution *c, const ConvShape *shape, const void *packed)
{
    ConvDirection direction = c->end ? CONV_FORWARD : CONV_DATA;
    int64_t lanes = c->steps->lanes;
    c->packed = packed;
    c->depth = depth_of(c->steps, shape, direction);
    c->vectors = vectors_of(c->steps, shape, direction);
    c->plane = plane_of(c->steps, shape, direction);
    plan_convolution(&c->plan, &c->tiles, c->to->n, (c->depth + lanes - 1) / lanes * lanes,
                     c->vectors * lanes, c->steps);
    if (c->gradient_end && c->gradient_end->slope_sums)
        c->plan.sums = (c->to->channels + lanes - 1) / lanes * lanes;
    if (memory_begin(&c->memory, &c->plan) != 0)
        return -1;
#pragma omp parallel num_threads(c->plan.threads)
    convolve_part(c);
    return 0;
}

int winograd_forward(const ConvShape *shape, TensorType type, const void *packed, const Map *x,
                     const ConvEnd *end, const Map *y)
{
    Convolution c = {.from = x, .to = y, .end = end};
    c.steps = winograd_steps(shape->stride, type, false);
    c.tiles = tiles_of(c.steps, y->h, y->w);
    c.tiles.padding = shape->padding;
    c.tiles.read = shape->stride;
    return convolve(&c, shape, packed);
}

/* With stride 2, dx[2 j + phase - padding] is made of dy[j] and dy[j - 1]: tiles are those of j. */
int winograd_data(const ConvShape *shape, TensorType type, const void *packed, const Map *dy,
                  const ConvGradientEnd *end, const Map *dx)
{
    Convolution c = {.from = dy, .to = dx};
    c.steps = winograd_steps(shape->stride, type, false);
    c.gradient_end = end;
    int s = shape->stride;
    int64_t offset = s == 1 ? 0 : shape->padding;
    c.tiles = tiles_of(c.steps, (dx->h - 1 + offset) / s + 1, (dx->w - 1 + offset) / s + 1);
    c.tiles.padding = c.steps->kernel - 1 - (s == 1 ? shape->padding : 0);
    c.tiles.offset = offset;
    c.tiles.apart = s;
    if (convolve(&c, shape, packed) != 0)
        return -1;
    if (end->slope_sums)
        memory_add_sums(&c.memory, end->slope_sums, (int)dx->channels);
    return 0;
}
