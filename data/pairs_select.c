#include "data/pairs_select.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/ranks.h"
#include "core/threads.h"
#include "data/image.h"
#include "data/picture.h"
#include "data/suspect.h"

/* ---- Measuring ---- */

/* Measures the tiles of one rank's pictures. */
typedef struct Survey {
    const PairPlan *plan;
    Share pictures;
    const int64_t *firsts; /* tile, by picture; one more at the end */
    float *textures;       /* of this rank's tiles */
} Survey;

static int measure_picture(void *context, int i)
{
    const Survey *s = context;
    int64_t picture = s->pictures.first + i, start = s->firsts[s->pictures.first];
    Image16 image = {0};
    if (interrupt_pending())
        return error_set(ERROR_INTERRUPT, "interrupted");
    if (image_read16(s->plan->pictures[picture].path, &image) != 0)
        return -1;
    Workspace *work = workspace_new();
    Picture tile = picture_take(work, s->plan->tile, s->plan->tile);
    Plane luma = {tile.width, tile.height,
                  workspace_take(work, picture_pixels(&tile), sizeof *luma.values)};
    for (int64_t t = s->firsts[picture]; t < s->firsts[picture + 1]; t++) {
        picture_from_image16(&image, s->plan->tiles[t].x, s->plan->tiles[t].y, &tile);
        picture_luma(&tile, &luma);
        s->textures[t - start] = (float)plane_texture(&luma);
    }
    workspace_free(work);
    image16_free(&image);
    return 0;
}

static int64_t *first_tiles(const PairPlan *plan)
{
    int64_t *firsts = memory_array((size_t)plan->picture_count + 1, sizeof *firsts);
    for (int64_t t = 0; t < plan->tile_count; t++)
        firsts[plan->tiles[t].picture + 1] = t + 1;
    return firsts;
}

static int gather(const PairPlan *plan, const int64_t *firsts, const float *own, float *all)
{
    int *counts = memory_array((size_t)ranks_size(), sizeof *counts);
    for (int r = 0; r < ranks_size(); r++) {
        Share share = ranks_share(plan->picture_count, r, ranks_size());
        counts[r] = (int)(firsts[share.first + share.count] - firsts[share.first]);
    }
    int result = ranks_gather_floats(own, all, counts);
    free(counts);
    return result;
}

/* The measure of every tile, the same on all ranks. NULL on error. */
static float *measure(const PairPlan *plan)
{
    int64_t *firsts = first_tiles(plan);
    Survey s = {.plan = plan,
                .pictures = ranks_share(plan->picture_count, ranks_rank(), ranks_size()),
                .firsts = firsts};
    int64_t own = firsts[s.pictures.first + s.pictures.count] - firsts[s.pictures.first];
    s.textures = memory_array((size_t)own + 1, sizeof(float));
    float *all = memory_array((size_t)plan->tile_count + 1, sizeof *all);
    log_info("measuring the texture of %lld tiles", (long long)plan->tile_count);
    threads_for((int)s.pictures.count, measure_picture, &s);
    int result = ranks_agree() == 0 ? gather(plan, firsts, s.textures, all) : -1;
    free(s.textures);
    free(firsts);
    if (result == 0)
        return all;
    free(all);
    return NULL;
}

/* ---- Selecting ---- */

enum { CLASSES = 32 };

/* Half an octave each, from 1/16 of a level. */
static int class_of(float texture)
{
    int class = texture > 0 ? (int)floor(2 * log2((double)texture) + 8) : 0;
    return class < 0 ? 0 : class < CLASSES ? class : CLASSES - 1;
}

/* A tile with its place in its class's order. */
typedef struct Candidate {
    int64_t index;
    int class;
    uint32_t order;
} Candidate;

static int compare_candidates(const void *a, const void *b)
{
    const Candidate *p = a, *q = b;
    if (p->class != q->class)
        return p->class < q->class ? -1 : 1;
    if (p->order != q->order)
        return p->order < q->order ? -1 : 1;
    return p->index < q->index ? -1 : p->index > q->index;
}

/* How many of each class: the same number of all, except that what small ones lack goes to the
 * others. */
static void fill_evenly(const int64_t counts[CLASSES], int64_t most, int64_t quotas[CLASSES])
{
    bool full[CLASSES] = {false};
    int open = CLASSES;
    for (bool changed = true; changed && open > 0;) {
        changed = false;
        for (int c = 0; c < CLASSES; c++) {
            if (full[c] || counts[c] > most / open)
                continue;
            full[c] = changed = true;
            quotas[c] = counts[c];
            most -= counts[c];
            open--;
        }
    }
    for (int c = 0; c < CLASSES; c++)
        if (!full[c]) {
            quotas[c] = most / open;
            most -= quotas[c];
            open--;
        }
}

/* Clears keep[] of all but the selection's `most`. */
static void balance(const PairPlan *plan, const PairSelection *s, const float *textures, bool *keep)
{
    Candidate *candidates = memory_array((size_t)plan->tile_count + 1, sizeof *candidates);
    int64_t count = 0, counts[CLASSES] = {0}, quotas[CLASSES] = {0};
    for (int64_t t = 0; t < plan->tile_count; t++) {
        if (!keep[t])
            continue;
        Random random = random_stream(s->seed, RANDOM_TILE, (uint64_t)t, DRAW_ORDER);
        candidates[count] = (Candidate){t, class_of(textures[t]), random_word(&random)};
        counts[candidates[count++].class]++;
    }
    if (count > s->most) {
        qsort(candidates, (size_t)count, sizeof *candidates, compare_candidates);
        fill_evenly(counts, s->most, quotas);
        for (int64_t i = 0; i < count; i++)
            keep[candidates[i].index] = quotas[candidates[i].class]-- > 0;
    }
    free(candidates);
}

static int64_t drop_flat(const PairPlan *plan, const PairSelection *s, const float *textures,
                         bool *keep)
{
    int64_t dropped = 0;
    for (int64_t t = 0; t < plan->tile_count; t++) {
        Random random = random_stream(s->seed, RANDOM_TILE, (uint64_t)t, DRAW_FLAT);
        keep[t] = (double)textures[t] >= s->texture || random_uniform(&random) < s->flat;
        dropped += !keep[t];
    }
    return dropped;
}

int pair_plan_select_by(PairPlan *plan, const PairSelection *s, const float *textures)
{
    bool *keep = memory_array((size_t)plan->tile_count + 1, sizeof *keep);
    int64_t all = plan->tile_count, kept = 0, flat = drop_flat(plan, s, textures, keep);
    if (s->most > 0)
        balance(plan, s, textures, keep);
    for (int64_t t = 0; t < all; t++)
        if (keep[t])
            plan->tiles[kept++] = plan->tiles[t];
    free(keep);
    plan->tile_count = kept;
    log_info("selected %lld of %lld tiles, %lld left out as flat", (long long)kept, (long long)all,
             (long long)flat);
    if (kept > 0)
        return 0;
    return error_set(ERROR_SHAPE, "no tile is left: all %lld are flatter than --texture=%g",
                     (long long)all, s->texture);
}

int pair_plan_select(PairPlan *plan, const PairSelection *s)
{
    if (s->texture <= 0 && (s->most <= 0 || s->most >= plan->tile_count))
        return 0;
    float *textures = measure(plan);
    int result = textures ? pair_plan_select_by(plan, s, textures) : -1;
    free(textures);
    return result;
}
