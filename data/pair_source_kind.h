/* What each kind of pair source provides; one file a kind. */
#ifndef DATA_PAIR_SOURCE_KIND_H
#define DATA_PAIR_SOURCE_KIND_H

#include "data/crop.h"
#include "data/pair_source.h"

/* LR pixels at the edge of what was degraded that crops keep off. */
enum { PAIR_BORDER = 2 };

typedef struct PairSourceKind {
    int (*check)(const PairSource *source, int crop);
    /* One thread's scratch, and what it is freed with. */
    void *(*begin)(const PairSource *source, int crop);
    void (*end)(void *scratch);
    int (*make)(const PairSource *source, void *scratch, const SampleKey *key, Random *random,
                int crop, uint8_t *lr, uint8_t *hr);
    void (*describe)(const PairSource *source, cJSON *object);
    /* NULL where there is none. */
    const PairStore *(*store)(const PairSource *source);
    int (*held_out)(const PairSource *source);
    void (*close)(PairSource *source);
} PairSourceKind;

/* The first member of every kind's own struct. */
struct PairSource {
    const PairSourceKind *kind;
    char *path;
    int scale;
    int64_t count;
};

/* Draws one of the eight turns. */
Turn pair_turn_draw(Random *random);

/* Adds a recipe's JSON text, if it is one. */
void pair_recipe_describe(cJSON *object, const char *name, const char *recipe);

#endif
