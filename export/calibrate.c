#include "export/calibrate.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/threads.h"
#include "data/image.h"
#include "data/resample.h"
#include "nets/fold.h"
#include "nets/network.h"

enum { MULTIPLE = 8, LEVELS = 256 };

/* ---- Ranges ---------------------------------------------------------------------------------- */

enum { MIDDLE = CALIBRATE_BINS / 2 };

/* -1 where a value is infinite or not a number. */
static float largest_of(const float *values, int64_t count)
{
    float largest = 0;
    int finite = 1;
    for (int64_t i = 0; i < count; i++) {
        float size = fabsf(values[i]);
        largest = size > largest ? size : largest;
        finite &= size <= FLT_MAX;
    }
    return finite ? largest : -1;
}

/* Bins twice as large: each takes two from its side of 0. */
static void grow(Spread *s)
{
    for (int i = 0; i < MIDDLE; i++) {
        int up = MIDDLE + i, down = MIDDLE - 1 - i;
        bool inside = 2 * i + 1 < MIDDLE;
        s->counts[up] = inside ? s->counts[MIDDLE + 2 * i] + s->counts[MIDDLE + 2 * i + 1] : 0;
        s->counts[down] =
            inside ? s->counts[MIDDLE - 1 - 2 * i] + s->counts[MIDDLE - 2 - 2 * i] : 0;
    }
    s->bin *= 2;
}

/* Just below the last border the sum rounds up to it. */
static int bin_of(float value, float scale)
{
    int bin = (int)(value * scale + MIDDLE);
    return bin < CALIBRATE_BINS ? bin : CALIBRATE_BINS - 1;
}

bool spread_add(Spread *s, const float *values, int64_t count)
{
    double largest = (double)largest_of(values, count);
    if (largest < 0)
        return false;
    if (s->bin == 0)
        s->bin = exp2(floor(log2(fmax(largest, 1e-20) / MIDDLE)));
    while (largest >= s->bin * MIDDLE)
        grow(s);
    const float scale = (float)(1 / s->bin);
    for (int64_t i = 0; i < count; i++)
        s->counts[bin_of(values[i], scale)]++;
    return true;
}

/* Sums over a spread's bins before each: of counts, of values and of their squares. */
typedef struct Sums {
    double counts[CALIBRATE_BINS + 1], values[CALIBRATE_BINS + 1], squares[CALIBRATE_BINS + 1];
} Sums;

static double border(const Spread *s, int bin)
{
    return s->bin * (bin - MIDDLE);
}

static void sum_up(const Spread *s, Sums *sums)
{
    *sums = (Sums){0};
    for (int i = 0; i < CALIBRATE_BINS; i++) {
        double middle = border(s, i) + s->bin / 2;
        sums->counts[i + 1] = sums->counts[i] + s->counts[i];
        sums->values[i + 1] = sums->values[i] + s->counts[i] * middle;
        sums->squares[i + 1] = sums->squares[i] + s->counts[i] * middle * middle;
    }
}

/* Sum of (x - at)^2 over the bins first .. end - 1. */
static double squares_around(const Sums *s, int first, int end, double at)
{
    return s->squares[end] - s->squares[first] - 2 * at * (s->values[end] - s->values[first]) +
           at * at * (s->counts[end] - s->counts[first]);
}

static double error_of(const Spread *s, const Sums *sums, int first, int end)
{
    double low = border(s, first), high = border(s, end), step = (high - low) / (LEVELS - 1);
    return squares_around(sums, 0, first, low) + squares_around(sums, end, CALIBRATE_BINS, high) +
           (sums->counts[end] - sums->counts[first]) * step * step / 12;
}

Range spread_range(const Spread *s)
{
    enum { EVERY = 8 };
    Sums sums;
    sum_up(s, &sums);
    int first = 0, end = CALIBRATE_BINS;
    while (first < MIDDLE && s->counts[first] == 0)
        first++;
    while (end > MIDDLE && s->counts[end - 1] == 0)
        end--;
    Range best = {border(s, first), border(s, end)};
    double least = error_of(s, &sums, first, end);
    for (int low = first; low <= MIDDLE; low += EVERY)
        for (int high = end; high >= MIDDLE; high -= EVERY) {
            double error = error_of(s, &sums, low, high);
            if (error < least) {
                least = error;
                best = (Range){border(s, low), border(s, high)};
            }
        }
    return best;
}

/* ---- Pictures -------------------------------------------------------------------------------- */

typedef struct Pieces {
    Image *items;
    int count, capacity;
} Pieces;

/* Extents that networks take which shuffle pixels. */
static int fitting(int extent)
{
    int fits = extent < CALIBRATE_PIECE ? extent : CALIBRATE_PIECE;
    return fits / MULTIPLE * MULTIPLE;
}

/* Another place of each picture: along the golden ratio's multiples. */
static int place(int room, int index, double ratio)
{
    double at = (index + 1) * ratio;
    return (int)((at - floor(at)) * room);
}

static void add_piece(Pieces *p, const Image *image)
{
    int w = fitting(image->width), h = fitting(image->height);
    if (w == 0 || h == 0)
        return;
    int x = place(image->width - w + 1, p->count, 0.6180339887);
    int y = place(image->height - h + 1, p->count, 0.7548776662);
    memory_grow(&p->items, p->count, &p->capacity, sizeof *p->items);
    p->items[p->count++] = image_crop(image, x, y, w, h);
}

static int add_picture(Pieces *p, const char *path, int scale)
{
    Image image;
    if (image_read(path, &image) != 0)
        return -1;
    add_piece(p, &image);
    if (scale > 1 && image.width >= scale * MULTIPLE && image.height >= scale * MULTIPLE) {
        Image shrunk =
            image_resample(&image, image.width / scale, image.height / scale, KERNEL_BICUBIC);
        add_piece(p, &shrunk);
        image_free(&shrunk);
    }
    image_free(&image);
    return 0;
}

static int gather(Pieces *pieces, const StringList *pictures, int scale)
{
    FileList files = {0};
    int result = 0;
    for (int i = 0; result == 0 && i < pictures->count; i++)
        result = image_list(pictures->items[i], &files);
    int count = files.count < CALIBRATE_MOST_PICTURES ? files.count : CALIBRATE_MOST_PICTURES;
    for (int i = 0; result == 0 && i < count; i++)
        result = add_picture(pieces, files.paths[(int64_t)i * files.count / count], scale);
    if (result == 0 && pieces->count == 0)
        result = error_set(ERROR_FORMAT, "no picture to calibrate on has %dx%d pixels", MULTIPLE,
                           MULTIPLE);
    file_list_free(&files);
    return result;
}

static void free_pieces(Pieces *p)
{
    for (int i = 0; i < p->count; i++)
        image_free(&p->items[i]);
    free(p->items);
}

/* ---- Values ---------------------------------------------------------------------------------- */

typedef struct Calibration {
    const QuantisePlan *plan;
    const char *source;
    int *nodes;       /* of every tap */
    Spread **spreads; /* of the first of each group */
    float *values;
    int64_t capacity;
} Calibration;

/* Of the node, or of the one before it that has parameters. */
static const char *layer_of(const Node *node)
{
    while (!*node->name && node->input_count > 0)
        node = node->inputs[0];
    return *node->name ? node->name : "input";
}

static void visit(void *context, int tap, Tensor *value)
{
    Calibration *c = context;
    Spread *s = c->spreads[c->plan->groups[c->nodes[tap]]];
    int64_t count = tensor_count(value);
    if (count > c->capacity) {
        c->values = memory_resize(c->values, (size_t)count, sizeof *c->values);
        c->capacity = count;
    }
    if (tensor_to_floats(value, c->values, count) != 0)
        return;
    if (!spread_add(s, c->values, count))
        error_set(ERROR_FORMAT,
                  "%s: layer %s gives numbers that are infinite or none; 8-bit ones cannot "
                  "stand for them",
                  c->source, layer_of(c->plan->graph->nodes[c->nodes[tap]]));
}

static int run_piece(Calibration *c, Network *network, const Image *piece)
{
    if (interrupt_pending())
        return error_set(ERROR_INTERRUPT, "interrupted");
    tensor_scope_begin();
    Tensor *input = tensor_from_rgb(piece->rgb, 1, piece->height, piece->width);
    network_visit(network, input, FORWARD_FROZEN, visit, c);
    tensor_scope_end();
    return error_pending() ? -1 : 0;
}

static int run_pieces(Calibration *c, Network *network, const Pieces *pieces)
{
    log_info("calibrating on %d pieces of pictures", pieces->count);
    for (int i = 0; i < pieces->count; i++)
        if (run_piece(c, network, &pieces->items[i]) != 0)
            return -1;
    return 0;
}

/* A copy of the plan's graph with taps where results become levels. */
static Graph *tapped(Calibration *c, const Weights *weights, Weights **copied)
{
    const Graph *g = c->plan->graph;
    Graph *copy = graph_fold(g, weights, copied);
    for (int i = 0; copy && i < g->count; i++)
        if (c->plan->results[i]) {
            c->nodes[copy->tap_count] = i;
            graph_tap(copy, copy->nodes[i]);
        }
    return copy;
}

static int measure(Calibration *c, const Weights *weights, const Pieces *pieces)
{
    Weights *copied = NULL;
    Graph *g = tapped(c, weights, &copied);
    int result = g ? tensor_begin(threads_count(), "cpu") : -1;
    tensor_no_grad_begin();
    Network *network = result == 0 ? network_new(g, copied, PRECISION_FP32) : NULL;
    result = network ? run_pieces(c, network, pieces) : -1;
    network_free(network);
    tensor_no_grad_end();
    weights_free(copied);
    graph_free(g);
    return result;
}

int calibrate(const QuantisePlan *plan, const Weights *weights, const char *source,
              const StringList *pictures, int scale, Range *ranges)
{
    size_t count = (size_t)plan->graph->count;
    Pieces pieces = {0};
    Calibration c = {.plan = plan,
                     .source = source,
                     .nodes = memory_array(count, sizeof *c.nodes),
                     .spreads = memory_array(count, sizeof *c.spreads)};
    for (size_t i = 0; i < count; i++)
        if (plan->results[i] && !c.spreads[plan->groups[i]])
            c.spreads[plan->groups[i]] = memory_new(sizeof(Spread));
    int result = gather(&pieces, pictures, scale);
    if (result == 0)
        result = measure(&c, weights, &pieces);
    for (size_t i = 0; i < count; i++) {
        if (result == 0 && c.spreads[i])
            ranges[i] = spread_range(c.spreads[i]);
        free(c.spreads[i]);
    }
    free_pieces(&pieces);
    free(c.nodes);
    free(c.spreads);
    free(c.values);
    return result;
}
