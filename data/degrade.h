/* How low-resolution pictures are made from high-resolution ones: a recipe of operations
 * (data/degrade/), whose values are drawn anew for every picture.
 *
 * A recipe is JSON: {"name", "about", "target": [steps], "steps": [steps]}. `target` makes what is
 * to be learned from the HR tile as read (sharpened, or with grain added; usually absent), `steps`
 * make LR from that. A step is {"OPERATION": {parameters}}, {"maybe": p, "do": [steps]},
 * {"choose": [{"weight": w, "do": [steps]}, ...]}, {"shuffle": [steps]} (the steps of an
 * array among them keep their order, others may come between) or {"repeat": n, "do": [steps]}.
 * configs/degrade/README.md explains all. */
#ifndef DATA_DEGRADE_H
#define DATA_DEGRADE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/random.h"
#include "data/image.h"
#include "data/picture.h"

/* An immutable recipe; threads share it. */
typedef struct Degradation Degradation;

/* The preset of that name, or a recipe file (anything with a '/' or ending in ".json"). ERROR_FILE,
 * ERROR_CONFIG naming file and key ("steps[2].blur.sigma"), or listing the presets. */
Degradation *degradation_open(const char *name);
/* The same from JSON text; `name` is for messages. */
Degradation *degradation_parse(const char *text, const char *name);
void degradation_free(Degradation *degradation);
const char *degradation_name(const Degradation *degradation);
/* The whole recipe as one line of JSON, defaults included: degradation_parse gives it back. */
const char *degradation_recipe(const Degradation *degradation);
/* The most bytes that the text of what is drawn for one pair can have. */
size_t degradation_most_text(const Degradation *degradation);
/* Whether there is a `target`: else HR is kept as it is. */
bool degradation_changes_target(const Degradation *degradation);

/* Names and one-line descriptions of the presets; index from 0, NULL after the last. */
const char *degradation_preset(int index, const char **about);

/* The key of one pair's draws: a pure function of the run's seed and the pair's number. Training
 * passes the step as a and the sample as b, a store the tile as a. */
uint64_t degradation_key(uint64_t seed, uint64_t a, uint32_t b);

/* One thread's means to make pairs. */
typedef struct Degrader Degrader;
Degrader *degrader_new(const Degradation *degradation, int scale); /* does not own degradation */
void degrader_free(Degrader *degrader);

/* Makes one pair from an HR picture whose extents are multiples of the scale (ERROR_SHAPE).
 *   hr     as read; not changed
 *   key    of its draws, see degradation_key
 *   depth  8 or 16: both results are rounded to so many bits, the target before LR is made from it
 *   pair   valid until the degrader's next call: hr of hr's extents, lr of these / scale; `drawn`
 *          is one line of JSON, {"target":[{"OPERATION":{values}},...],"steps":[...]}, "target"
 *          left out where nothing happened to it */
typedef struct DegradedPair {
    Picture hr, lr;
    const char *drawn;
} DegradedPair;
int degrader_run(Degrader *degrader, const Picture *hr, uint64_t key, int depth,
                 DegradedPair *pair);

/* Makes LR alone: `steps`, HR is taken as it is. */
int degrader_reduce(Degrader *degrader, const Picture *hr, uint64_t key, int depth, Picture *lr);

/* Makes LR again from the stored HR (the target) and the text of what was drawn: bit for bit what
 * degrader_run made. ERROR_FORMAT if the text does not say. `drawn` may come from any recipe. */
int degrader_replay(Degrader *degrader, const Picture *hr, const char *drawn, int depth,
                    Picture *lr);

/* The same for one whole 8-bit picture, without a degrader to keep. */
int degradation_apply(const Degradation *degradation, const Image *hr, int scale, uint64_t key,
                      Image *lr);

#endif
