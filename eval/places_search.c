/* The worst places of one picture. */
#include <math.h>
#include <string.h>

#include "core/threads.h"
#include "eval/neighbourhood.h"
#include "eval/overlay.h"
#include "eval/places_parts.h"

/* Below half a grey level there is nothing to see. */
static const double LEAST_SCORE = 0.5;

typedef struct Search {
    Places *places;
    int index;
    const PicturePair *picture;
    const Reference *reference;
    const Image *sr;
    const Evidence *evidence;
    Plane least, greatest; /* of the truth, around every pixel */
} Search;

/* What one method did, for one kind. */
typedef struct Layers {
    Plane blame;     /* the failure's square, >= 0 */
    Plane blue, red; /* as overlay_paint paints them */
} Layers;

static Layers layers_new(const Plane *like)
{
    return (Layers){plane_new(like->width, like->height), plane_new(like->width, like->height),
                    plane_new(like->width, like->height)};
}

static void layers_free(Layers *layers)
{
    plane_free(&layers->blame);
    plane_free(&layers->blue);
    plane_free(&layers->red);
}

static void fill_detail(Layers *layers, const Search *s, int method, PlaceKind kind)
{
    const DetailMaps *maps = &s->evidence[method].detail;
    const Plane *blamed = kind == PLACE_SMOOTHED ? &maps->lost : &maps->invented;
    const uint8_t *classes = reference_content(s->reference)->classes;
    ContentClass where = kind == PLACE_SMOOTHED ? CONTENT_TEXTURE : CONTENT_FLAT;
    size_t count = (size_t)blamed->width * (size_t)blamed->height;
    for (size_t i = 0; i < count; i++) {
        layers->blame.values[i] = classes[i] == where ? blamed->values[i] : 0;
        layers->blue.values[i] = sqrtf(maps->lost.values[i]);
        layers->red.values[i] = sqrtf(maps->invented.values[i]);
    }
}

static void fill_signed(Layers *layers, size_t at, float dark, float bright)
{
    layers->blue.values[at] = dark > 0 ? dark : 0;
    layers->red.values[at] = bright > 0 ? bright : 0;
    layers->blame.values[at] = dark > 0 ? dark * dark : bright > 0 ? bright * bright : 0;
}

/* As METRIC_HALO counts it. */
static void fill_halo(Layers *layers, const Search *s, int method)
{
    const float *sr = s->evidence[method].luma.values;
    const float *least = s->least.values, *greatest = s->greatest.values;
    size_t count = (size_t)s->least.width * (size_t)s->least.height;
    for (size_t i = 0; i < count; i++)
        if (greatest[i] - least[i] > 64)
            fill_signed(layers, i, least[i] - sr[i], sr[i] - greatest[i]);
}

static void fill_contradiction(Layers *layers, const Search *s, int method)
{
    const Plane *sr = &s->evidence[method].low, *hr = reference_low(s->reference);
    int width = layers->blame.width, scale = width / hr->width;
    for (int y = 0; y < layers->blame.height; y++)
        for (int x = 0; x < width; x++) {
            size_t low = (size_t)(y / scale) * (size_t)hr->width + (size_t)(x / scale);
            float dark = hr->values[low] - sr->values[low];
            fill_signed(layers, (size_t)y * (size_t)width + (size_t)x, dark, -dark);
        }
}

static Candidate photograph(const Search *s, int method, const Layers *layers, const Window *window,
                            double score)
{
    int scale = s->picture->hr.width / s->picture->lr.width;
    return (Candidate){
        .score = score,
        .picture = s->index,
        .window = *window,
        .tiles = {[PLACE_INPUT] = window_crop(window, &s->picture->lr, scale),
                  [PLACE_METHOD] = window_crop(window, &s->sr[method], 1),
                  [PLACE_TRUTH] = window_crop(window, &s->picture->hr, 1),
                  [PLACE_OVERLAY] = overlay_paint(window, reference_luma(s->reference),
                                                  &layers->blue, &layers->red)}};
}

/* Keeps the worst window among the candidates if it belongs there. */
static void consider(const Search *s, int method, PlaceKind kind, const Layers *layers)
{
    int scale = s->picture->hr.width / s->picture->lr.width;
    double sum;
    Window window = window_of_most(
        &layers->blame, window_extent(layers->blame.width, PLACE_PIXELS, scale),
        window_extent(layers->blame.height, PLACE_PIXELS, scale), scale, s->places->crop, &sum);
    double score = sqrt(sum / (window.width * (double)window.height));
    Candidate *kept = candidates_at(s->places, kind, method);
    int at = PLACES_KEPT;
    while (at > 0 && score > kept[at - 1].score)
        at--;
    if (at == PLACES_KEPT || !(score >= LEAST_SCORE))
        return;
    candidate_free(&kept[PLACES_KEPT - 1]);
    memmove(kept + at + 1, kept + at, (size_t)(PLACES_KEPT - 1 - at) * sizeof *kept);
    kept[at] = photograph(s, method, layers, &window, score);
}

static int search_method(void *context, int method)
{
    const Search *s = context;
    for (PlaceKind kind = 0; kind < PLACE_KINDS && places_search_method(s->places->methods, method);
         kind++) {
        Layers layers = layers_new(reference_luma(s->reference));
        if (kind == PLACE_HALO)
            fill_halo(&layers, s, method);
        else if (kind == PLACE_CONTRADICTION)
            fill_contradiction(&layers, s, method);
        else
            fill_detail(&layers, s, method, kind);
        consider(s, method, kind, &layers);
        layers_free(&layers);
    }
    return 0;
}

int places_take(Places *places, int index, const PicturePair *picture, const Reference *reference,
                const Image *sr, const Evidence *evidence)
{
    Search search = {.places = places,
                     .index = index,
                     .picture = picture,
                     .reference = reference,
                     .sr = sr,
                     .evidence = evidence};
    neighbourhood_range(reference_luma(reference), picture->hr.width / picture->lr.width,
                        &search.least, &search.greatest);
    int result = threads_for(places->methods->count, search_method, &search);
    plane_free(&search.least);
    plane_free(&search.greatest);
    return result;
}
