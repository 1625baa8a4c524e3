#include "core/random.h"

#include <math.h>

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
}

Random random_stream(uint64_t seed, RandomPurpose purpose, uint64_t a, uint32_t b)
{
    Random r = {.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                .counter = {0, (uint32_t)a, (uint32_t)(a >> 32),
                            (uint32_t)purpose << 24 | (b & 0xFFFFFFu)}};
    return r;
}

uint32_t random_word(Random *r)
{
    if (r->left == 0) {
        random_philox(r->counter, r->key, r->block);
        r->counter[0]++;
        r->left = 4;
    }
    return r->block[4 - r->left--];
}

double random_uniform(Random *r)
{
    uint64_t high = random_word(r) >> 5, low = random_word(r) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

double random_range(Random *r, double low, double high)
{
    return low + (high - low) * random_uniform(r);
}

uint32_t random_below(Random *r, uint32_t limit)
{
    /* Lemire's multiply-and-reject. */
    uint32_t threshold = (0u - limit) % limit;
    for (;;) {
        uint64_t product = (uint64_t)random_word(r) * limit;
        if ((uint32_t)product >= threshold)
            return (uint32_t)(product >> 32);
    }
}

double random_normal(Random *r)
{
    double radius = sqrt(-2 * log(1 - random_uniform(r)));
    return radius * cos(6.283185307179586 * random_uniform(r));
}
