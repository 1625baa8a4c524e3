/* What determines a pair store, byte for byte, and how one pair lies in memory and in parts. */
#ifndef DATA_PAIRS_JOB_H
#define DATA_PAIRS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/degrade.h"
#include "data/pairs_plan.h"

typedef struct PairJob {
    const PairPlan *plan;
    const Degradation *degradation; /* NULL: the pictures are already paired */
    int depth;                      /* 8 or 16 bits a channel */
    uint64_t seed;
} PairJob;

/* A record: the tile's mark, then text, LR and HR, each followed by its Fletcher-32 checksum as
 * HDF5 stores it, so that a record's pieces are the store's chunks. Offsets and sizes in bytes. */
typedef struct PairLayout {
    size_t sample_at, lr_at, hr_at;
    size_t sample_bytes, lr_bytes, hr_bytes; /* without the checksums */
    size_t record_bytes;
} PairLayout;

enum { CHUNK_CHECKSUM_BYTES = 4 };

PairLayout pair_layout(const PairJob *job);

/* ERROR_CONFIG if the recipe's name or text, or that of what it draws, is longer than a store
 * holds.
 */
int pair_job_check(const PairJob *job);

/* Marks a record, whose pieces are in place, as that of tile `index`. */
void pair_record_seal(const PairLayout *layout, int64_t index, uint8_t *record);

/* The tile of a record, or -1 if it is torn or damaged. */
int64_t pair_record_index(const PairLayout *layout, const uint8_t *record);

/* SHA-256 of everything that determines the content: the tiles, the pictures with their sizes and
 * times, the recipe, depth, seed, and the versions of this program and of the codecs. */
void pair_job_digest(const PairJob *job, uint64_t digest[4]);

/* Names and versions of the libraries that influence bits: "libjpeg-turbo 2.1.5, libwebp
 * 1.2.4, ...". */
const char *pair_libraries(void);

#endif
