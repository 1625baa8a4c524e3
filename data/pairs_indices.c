#include "data/pairs_indices.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/random.h"
#include "data/pairs_plan.h"

/* Going through all once, each is taken with the chance that fills the number (selection sampling,
 * Knuth's algorithm S). */
int64_t *pairs_random_indices(int64_t n, int64_t total, uint64_t seed, int64_t *count)
{
    Random random = random_stream(seed, RANDOM_TILE, 0, DRAW_INDICES);
    *count = n < total ? n : total;
    int64_t *indices = memory_array((size_t)*count + 1, sizeof *indices), taken = 0;
    for (int64_t i = 0; taken < *count; i++)
        if ((double)(total - i) * random_uniform(&random) < (double)(*count - taken))
            indices[taken++] = i;
    return indices;
}

/* "A" or "A-B" at *text, which moves behind it. */
static bool parse_range(const char **text, int64_t total, int64_t range[2])
{
    for (int i = 0; i < 2; i++) {
        char *end;
        if (**text < '0' || **text > '9')
            return false;
        errno = 0;
        range[i] = strtoll(*text, &end, 10);
        if (errno != 0 || range[i] >= total)
            return false;
        *text = end;
        if (i == 0 && *end != '-') {
            range[1] = range[0];
            return true;
        }
        *text += i == 0;
    }
    return range[0] <= range[1];
}

static int64_t *parse_list(const char *text, int64_t total, int64_t *count)
{
    int64_t *indices = memory_array(1, sizeof *indices), range[2];
    *count = 0;
    for (const char *at = text;; at++) {
        bool good = parse_range(&at, total, range) && (*at == 0 || *at == ',') &&
                    *count + range[1] - range[0] < total;
        if (!good) {
            free(indices);
            error_set(ERROR_USAGE, "--index=%s: tiles are 0 to %lld: 7, 3,7,20-29, all, random:N",
                      text, (long long)total - 1);
            return NULL;
        }
        int64_t more = range[1] - range[0] + 1;
        indices = memory_resize(indices, (size_t)(*count + more), sizeof *indices);
        for (int64_t i = range[0]; i <= range[1]; i++)
            indices[(*count)++] = i;
        if (*at == 0)
            return indices;
    }
}

int64_t *pairs_indices(const char *text, int64_t total, uint64_t seed, int64_t *count)
{
    static const char RANDOMLY[] = "random:";
    if (strcmp(text, "all") == 0)
        return pairs_random_indices(total, total, seed, count);
    if (strncmp(text, RANDOMLY, strlen(RANDOMLY)) != 0)
        return parse_list(text, total, count);
    char *end;
    const char *number = text + strlen(RANDOMLY);
    errno = 0;
    long long n = strtoll(number, &end, 10);
    if (*number >= '0' && *number <= '9' && *end == 0 && n >= 1 && errno == 0)
        return pairs_random_indices(n, total, seed, count);
    error_set(ERROR_USAGE, "--index=%s: how many is not a number of at least 1", text);
    return NULL;
}
