/* Walker's alias method (1977) as Vose builds it (1991): for each of the 256 levels a table of 256
 * columns, so that a draw is one look-up and one comparison. */
#include "data/degrade/poisson.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/image.h"

enum { LEVELS = 256, COLUMNS = 256, SIZES = 9 /* 2^0 .. 2^8 photons */ };

/* Column j stands for `first + j` with a probability of (entry >> 8) / 2^24, else for
 * `first + (entry & 255)`. */
typedef struct PoissonTable {
    float first[LEVELS];
    uint32_t entries[LEVELS][COLUMNS];
} PoissonTable;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static PoissonTable *tables[SIZES]; /* made when first needed, kept */

/* The probabilities of first .. first + COLUMNS - 1; what lies beyond 8 deviations is left out. */
static void fill_probabilities(double mean, int first, double *probabilities)
{
    double sum = 0;
    for (int j = 0; j < COLUMNS; j++) {
        int k = first + j, sign;
        double logarithm = mean > 0 ? k * log(mean) - mean - lgamma_r(k + 1, &sign) : 0;
        probabilities[j] = mean > 0 ? exp(logarithm) : k == 0;
        sum += probabilities[j];
    }
    for (int j = 0; j < COLUMNS; j++)
        probabilities[j] *= COLUMNS / sum;
}

static uint32_t entry(double share, int alias)
{
    double scaled = floor(share * 0x1p24 + 0.5);
    return (uint32_t)fmin(scaled, 0x1p24 - 1) << 8 | (uint32_t)alias;
}

/* probabilities sum to COLUMNS; they are used up. */
static void fill_columns(double *probabilities, uint32_t *entries)
{
    int small[COLUMNS], large[COLUMNS], smalls = 0, larges = 0;
    for (int j = 0; j < COLUMNS; j++) {
        entries[j] = entry(1, j);
        if (probabilities[j] < 1)
            small[smalls++] = j;
        else
            large[larges++] = j;
    }
    while (smalls > 0 && larges > 0) {
        int less = small[--smalls], more = large[larges - 1];
        entries[less] = entry(probabilities[less], more);
        probabilities[more] -= 1 - probabilities[less];
        if (probabilities[more] < 1) {
            larges--;
            small[smalls++] = more;
        }
    }
}

static PoissonTable *make_table(int photons)
{
    PoissonTable *table = memory_new(sizeof *table);
    for (int level = 0; level < LEVELS; level++) {
        double probabilities[COLUMNS], mean = level * photons / 255.0;
        int first = (int)fmax(0, floor(mean - 8 * sqrt(mean)));
        table->first[level] = (float)first;
        fill_probabilities(mean, first, probabilities);
        fill_columns(probabilities, table->entries[level]);
    }
    return table;
}

static const PoissonTable *find_table(int photons)
{
    int size = 0;
    while (1 << size < photons)
        size++;
    pthread_mutex_lock(&lock);
    if (!tables[size])
        tables[size] = make_table(photons);
    const PoissonTable *table = tables[size];
    pthread_mutex_unlock(&lock);
    return table;
}

int poisson_photons(const float *const *planes, int plane_count, size_t count)
{
    bool seen[LEVELS] = {false};
    int distinct = 0, photons = 1;
    for (int c = 0; c < plane_count; c++)
        for (size_t i = 0; i < count; i++)
            seen[image_level(planes[c][i])] = true;
    for (int level = 0; level < LEVELS; level++)
        distinct += seen[level];
    while (photons < distinct)
        photons *= 2;
    return photons;
}

FOR_EVERY_PROCESSOR
void poisson_noise(const float *values, size_t count, int photons, double scale,
                   const uint32_t *words, float *noise)
{
    const PoissonTable *table = find_table(photons);
    float per_photon = 255.0f / (float)photons, by = (float)scale;
    for (size_t i = 0; i < count; i++) {
        uint32_t level = image_level(values[i]), column = words[i] & (COLUMNS - 1);
        uint32_t e = table->entries[level][column];
        uint32_t k = words[i] >> 8 < e >> 8 ? column : e & 255;
        noise[i] = ((table->first[level] + (float)(int)k) * per_photon - (float)(int)level) * by;
    }
}
