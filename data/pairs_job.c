#include "data/pairs_job.h"

#include <lcms2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>
/* After stdio.h, which it needs. */
#include <jpeglib.h>

#include "core/error.h"
#include "core/sha256.h"
#include "data/checksum.h"
#include "data/degrade/video.h"
#include "data/pairs.h"

#define TEXT_OF(x)  #x
#define VALUE_OF(x) TEXT_OF(x)

/* Beside the text of what is drawn, /sample has room for the names of two files. */
enum { SAMPLE_BASE = 320, SAMPLE_STEP = 256, RECORD_STEP = 8 };

/* HDF5 keeps an attribute below 64 KiB. */
enum { LONGEST_RECIPE = 60000, LONGEST_SAMPLE = 1 << 16 };

static const uint64_t MARK = UINT64_C(0x70616972) << 32;

PairLayout pair_layout(const PairJob *job)
{
    size_t edge = (size_t)job->plan->tile, small = edge / (size_t)job->plan->scale;
    size_t pixel = 3 * (size_t)job->depth / 8;
    size_t text = SAMPLE_BASE + (job->degradation ? degradation_most_text(job->degradation) : 0);
    PairLayout l = {.sample_at = sizeof MARK,
                    .sample_bytes = (text + SAMPLE_STEP - 1) / SAMPLE_STEP * SAMPLE_STEP,
                    .lr_bytes = small * small * pixel,
                    .hr_bytes = edge * edge * pixel};
    l.lr_at = l.sample_at + l.sample_bytes + CHUNK_CHECKSUM_BYTES;
    l.hr_at = l.lr_at + l.lr_bytes + CHUNK_CHECKSUM_BYTES;
    size_t end = l.hr_at + l.hr_bytes + CHUNK_CHECKSUM_BYTES;
    l.record_bytes = (end + RECORD_STEP - 1) / RECORD_STEP * RECORD_STEP;
    return l;
}

int pair_job_check(const PairJob *job)
{
    const Degradation *d = job->degradation;
    if (!d)
        return 0;
    if (strlen(degradation_name(d)) >= sizeof((PairInfo *)0)->degradation)
        return error_set(ERROR_CONFIG, "%s: the name of the degradation is too long",
                         degradation_name(d));
    if (strlen(degradation_recipe(d)) > LONGEST_RECIPE ||
        pair_layout(job).sample_bytes > LONGEST_SAMPLE)
        return error_set(ERROR_CONFIG, "%s: the recipe is longer than a store can hold",
                         degradation_name(d));
    return 0;
}

static void seal_piece(uint8_t *piece, size_t bytes)
{
    uint32_t sum = checksum_fletcher32(piece, bytes);
    for (int i = 0; i < CHUNK_CHECKSUM_BYTES; i++)
        piece[bytes + (size_t)i] = (uint8_t)(sum >> 8 * i);
}

static bool is_whole(const uint8_t *piece, size_t bytes)
{
    uint32_t sum = 0;
    for (int i = 0; i < CHUNK_CHECKSUM_BYTES; i++)
        sum |= (uint32_t)piece[bytes + (size_t)i] << 8 * i;
    return sum == checksum_fletcher32(piece, bytes);
}

void pair_record_seal(const PairLayout *l, int64_t index, uint8_t *record)
{
    uint64_t mark = MARK | (uint64_t)index;
    memcpy(record, &mark, sizeof mark);
    seal_piece(record + l->sample_at, l->sample_bytes);
    seal_piece(record + l->lr_at, l->lr_bytes);
    seal_piece(record + l->hr_at, l->hr_bytes);
}

int64_t pair_record_index(const PairLayout *l, const uint8_t *record)
{
    uint64_t mark;
    memcpy(&mark, record, sizeof mark);
    bool whole = (mark & ~UINT64_C(0xffffffff)) == MARK &&
                 is_whole(record + l->sample_at, l->sample_bytes) &&
                 is_whole(record + l->lr_at, l->lr_bytes) &&
                 is_whole(record + l->hr_at, l->hr_bytes);
    return whole ? (int64_t)(mark & UINT64_C(0xffffffff)) : -1;
}

static void print_picture(FILE *stream, const PlannedPicture *p)
{
    fprintf(stream, "%s\n%dx%d %lld %lld\n", p->source, p->width, p->height,
            (long long)p->stamp.bytes, (long long)p->stamp.modified);
    if (p->lr_path)
        fprintf(stream, "%s\n%lld %lld\n", p->lr_source, (long long)p->lr_stamp.bytes,
                (long long)p->lr_stamp.modified);
}

void pair_job_digest(const PairJob *job, uint64_t digest[4])
{
    const PairPlan *plan = job->plan;
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    sha256(plan->tiles, (size_t)plan->tile_count * sizeof *plan->tiles, digest);
    for (int i = 0; i < 4; i++)
        fprintf(stream, "%llx ", (unsigned long long)digest[i]);
    fprintf(stream, "unmush %s, store %d, %s\n", UNMUSH_VERSION, PAIRS_VERSION, pair_libraries());
    fprintf(stream, "%lld tiles of %d, scale %d, depth %d, seed %llu\n%s\n",
            (long long)plan->tile_count, plan->tile, plan->scale, job->depth,
            (unsigned long long)job->seed,
            job->degradation ? degradation_recipe(job->degradation) : "real");
    for (int i = 0; i < plan->picture_count; i++)
        print_picture(stream, &plan->pictures[i]);
    fclose(stream);
    sha256(text, bytes, digest);
    free(text);
}

const char *pair_libraries(void)
{
    static char text[160];
    int webp = WebPGetEncoderVersion(), lcms = cmsGetEncodedCMMversion();
    snprintf(text, sizeof text, "libjpeg-turbo %s, libwebp %d.%d.%d, lcms2 %d.%d%s%s",
             VALUE_OF(LIBJPEG_TURBO_VERSION), webp >> 16, webp >> 8 & 255, webp & 255, lcms / 1000,
             lcms / 10 % 100, video_version() ? ", " : "", video_version() ? video_version() : "");
    return text;
}
