#include "data/resample.h"

#include "core/ranks.h"
#include "core/threads.h"
#include "core/vector.h"
#include "data/degrade/tiles.h"
#include "data/resample_axis.h"

/* Output rows that are made at once: mixed from input rows, turned so that they lie side by side,
 * mixed along the other axis, and turned back. They stay in the caches nearest to the processor. */
enum { LANES = TILE_COLUMNS };

/* to[j] = sum over k of weights[k] * from[indices[k] * stride + j]. Four taps at a time, so that
 * the inner loop is bound by arithmetic and not by loads and stores of `to`. */
static inline __attribute__((always_inline)) void mix_rows(const float *restrict from,
                                                           size_t stride, const int *indices,
                                                           const float *weights, int taps,
                                                           size_t count, float *restrict to)
{
    for (int k = 0; k < taps; k += 4) {
        const float *a = from + (size_t)indices[k] * stride;
        const float *b = from + (size_t)indices[k + 1] * stride;
        const float *c = from + (size_t)indices[k + 2] * stride;
        const float *d = from + (size_t)indices[k + 3] * stride;
        float wa = weights[k], wb = weights[k + 1], wc = weights[k + 2], wd = weights[k + 3];
        if (k == 0)
            for (size_t j = 0; j < count; j++)
                to[j] = (wa * a[j] + wb * b[j]) + (wc * c[j] + wd * d[j]);
        else
            for (size_t j = 0; j < count; j++)
                to[j] += (wa * a[j] + wb * b[j]) + (wc * c[j] + wd * d[j]);
    }
}

/* One job: a plane, its two axes, and where its result goes. */
typedef struct Resampling {
    const Axis *rows, *columns; /* along rows, along columns */
    const float *const *from;
    float *const *to;
    int plane_count, width; /* of the input */
} Resampling;

typedef struct Scratch {
    float *mixed, *turned, *result;
} Scratch;

static size_t round_up(int width)
{
    return ((size_t)width + TILE_LANES - 1) / TILE_LANES * TILE_LANES;
}

static Scratch take_scratch(Workspace *work, const Resampling *r)
{
    size_t in = round_up(r->width) * LANES, out = round_up(r->rows->count) * LANES;
    Scratch s = {.mixed = workspace_take(work, in, sizeof(float)),
                 .turned = workspace_take(work, in, sizeof(float)),
                 .result = workspace_take(work, out, sizeof(float))};
    /* Columns beyond the width are turned with the others, and never read. */
    for (size_t i = 0; i < in; i++)
        s.mixed[i] = 0;
    for (size_t i = 0; i < out; i++)
        s.result[i] = 0;
    return s;
}

FOR_EVERY_PROCESSOR
static void mix_columns(const Axis *columns, const float *from, int width, int top, int count,
                        float *mixed)
{
    for (int r = 0; r < count; r++) {
        size_t at = (size_t)(top + r) * (size_t)columns->taps;
        mix_rows(from, (size_t)width, columns->indices + at, columns->weights + at, columns->taps,
                 (size_t)width, mixed + (size_t)r * round_up(width));
    }
}

/* The same along rows that were turned. */
FOR_EVERY_PROCESSOR
static void mix_turned(const Axis *rows, const float *turned, float *result)
{
    for (int x = 0; x < rows->count; x++) {
        size_t at = (size_t)x * (size_t)rows->taps;
        mix_rows(turned, LANES, rows->indices + at, rows->weights + at, rows->taps, LANES,
                 result + (size_t)x * LANES);
    }
}

static int strips_of(const Resampling *r)
{
    return (r->columns->count + LANES - 1) / LANES;
}

/* Strip number `index` of all planes. */
static void make_strip(const Resampling *r, const Scratch *s, int64_t index)
{
    int plane = (int)(index / strips_of(r)), top = (int)(index % strips_of(r)) * LANES;
    int count = r->columns->count - top < LANES ? r->columns->count - top : LANES;
    int width = r->rows->count;
    mix_columns(r->columns, r->from[plane], r->width, top, count, s->mixed);
    tiles_turn(s->mixed, round_up(r->width), (int)round_up(r->width), s->turned);
    mix_turned(r->rows, s->turned, s->result);
    tiles_turn_back(s->result, r->to[plane] + (size_t)top * (size_t)width, width, count);
}

static void resample_here(const Resampling *r, Workspace *work)
{
    Scratch scratch = take_scratch(work, r);
    for (int64_t i = 0; i < (int64_t)r->plane_count * strips_of(r); i++)
        make_strip(r, &scratch, i);
}

void picture_resample(const Picture *from, Kernel kernel, Sampling sampling, Workspace *work,
                      const Picture *to)
{
    WorkspaceMark mark = workspace_mark(work);
    Axis rows = axis_resample(work, from->width, to->width, kernel, sampling);
    Axis columns = axis_resample(work, from->height, to->height, kernel, sampling);
    Resampling r = {&rows,      &columns, (const float *const *)from->planes,
                    to->planes, 3,        from->width};
    resample_here(&r, work);
    workspace_release(work, mark);
}

/* Strips shared between threads, each with scratch of its own. */
typedef struct Shares {
    const Resampling *resampling;
    const Scratch *scratch;
    int count;
} Shares;

static int make_share(void *context, int index)
{
    const Shares *s = context;
    Share share = ranks_share((int64_t)s->resampling->plane_count * strips_of(s->resampling), index,
                              s->count);
    for (int64_t i = 0; i < share.count; i++)
        make_strip(s->resampling, &s->scratch[index], share.first + i);
    return 0;
}

/* Starting a thread takes about as long as some ten thousand pixels. */
static int thread_count(const Resampling *r)
{
    const int64_t LEAST_PIXELS = 1 << 17;
    int64_t input = (int64_t)r->width * r->columns->count * r->plane_count;
    int64_t output = (int64_t)r->rows->count * r->columns->count * r->plane_count;
    int64_t worth = (input + output) / LEAST_PIXELS, most = threads_count();
    return worth < 1 ? 1 : (int)(worth < most ? worth : most);
}

static void resample_in_threads(const Resampling *r, Workspace *work)
{
    Shares shares = {.resampling = r, .count = thread_count(r)};
    Scratch *scratch = workspace_take(work, (size_t)shares.count, sizeof *scratch);
    for (int i = 0; i < shares.count; i++)
        scratch[i] = take_scratch(work, r);
    shares.scratch = scratch;
    threads_for(shares.count, make_share, &shares);
}

static Plane filter_plane_with(const Plane *plane, const Axis *rows, const Axis *columns,
                               Workspace *work)
{
    Plane result = plane_new(rows->count, columns->count);
    const float *from[] = {plane->values};
    Resampling r = {rows, columns, from, &result.values, 1, plane->width};
    resample_in_threads(&r, work);
    return result;
}

Plane plane_resample(const Plane *plane, int width, int height, Kernel kernel)
{
    Workspace *work = workspace_new();
    Axis rows = axis_resample(work, plane->width, width, kernel, SAMPLING_ANTIALIASED);
    Axis columns = axis_resample(work, plane->height, height, kernel, SAMPLING_ANTIALIASED);
    Plane result = filter_plane_with(plane, &rows, &columns, work);
    workspace_free(work);
    return result;
}

Plane plane_gaussian(const Plane *plane, double sigma, int radius)
{
    Workspace *work = workspace_new();
    Axis rows = axis_gaussian(work, plane->width, sigma, radius);
    Axis columns = axis_gaussian(work, plane->height, sigma, radius);
    Plane result = filter_plane_with(plane, &rows, &columns, work);
    workspace_free(work);
    return result;
}

Image image_resample(const Image *image, int width, int height, Kernel kernel)
{
    Workspace *work = workspace_new();
    Picture from = picture_take(work, image->width, image->height);
    Picture to = picture_take(work, width, height);
    picture_from_image(image, 0, 0, &from);
    Axis rows = axis_resample(work, image->width, width, kernel, SAMPLING_ANTIALIASED);
    Axis columns = axis_resample(work, image->height, height, kernel, SAMPLING_ANTIALIASED);
    Resampling r = {&rows, &columns, (const float *const *)from.planes, to.planes, 3, image->width};
    resample_in_threads(&r, work);
    Image result = image_new(width, height);
    picture_to_bytes(&to, result.rgb);
    workspace_free(work);
    return result;
}
