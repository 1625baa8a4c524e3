#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/synth_parts.h"

/* Nearly normal, mean 0, standard deviation 1, from the four bytes of one word. */
static float draw_rough_normal(Random *random)
{
    uint32_t w = random_word(random);
    int sum = (int)(w & 255) + (int)(w >> 8 & 255) + (int)(w >> 16 & 255) + (int)(w >> 24);
    return ((float)sum - 510) * (1 / 147.8f);
}

/* Doubles a row or column of `count` values `stride` apart, the ends joined: weights 1/4 and 3/4.
 */
static void double_line(const float *from, float *to, int count, int stride, int to_stride)
{
    for (int i = 0; i < count; i++) {
        float before = from[(i + count - 1) % count * stride], here = from[i * stride];
        float after = from[(i + 1) % count * stride];
        to[2 * i * to_stride] = 0.25f * before + 0.75f * here;
        to[(2 * i + 1) * to_stride] = 0.75f * here + 0.25f * after;
    }
}

static void double_square(const float *from, int size, float *wide, float *to)
{
    for (int y = 0; y < size; y++)
        double_line(from + y * size, wide + y * 2 * size, size, 1, 1);
    for (int x = 0; x < 2 * size; x++)
        double_line(wide + x, to + x, size, 2 * size, 2 * size);
}

static void normalise(float *values, int count)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        sum += values[i];
        squares += (double)values[i] * values[i];
    }
    double mean = sum / count, scale = 1 / sqrt(squares / count - mean * mean + 1e-12);
    for (int i = 0; i < count; i++)
        values[i] = (float)((values[i] - mean) * scale);
}

Noise noise_new(Random *random, float gain)
{
    size_t most = (size_t)NOISE_SIZE * NOISE_SIZE;
    float *now = memory_array(most, sizeof *now), *next = memory_array(most, sizeof *next);
    float *wide = memory_array(most, sizeof *wide), strength = 1;
    for (int size = 4; size <= NOISE_SIZE; size *= 2) {
        for (int i = 0; i < size * size; i++)
            now[i] += strength * draw_rough_normal(random);
        strength *= gain;
        if (size == NOISE_SIZE)
            break;
        double_square(now, size, wide, next);
        float *old = now;
        now = next;
        next = old;
    }
    free(next);
    free(wide);
    normalise(now, NOISE_SIZE * NOISE_SIZE);
    return (Noise){now};
}

void noise_free(Noise *noise)
{
    free(noise->values);
    noise->values = NULL;
}
