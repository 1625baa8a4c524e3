/* A camera that moved by L pixels multiplies the power spectrum by sinc^2 of L times the frequency
 * along the motion: a strip of constant width across it stays, so the anisotropy grows with
 * frequency. That of natural structures (walls, horizons, grass) grows little, being the same at
 * every size. So the logarithm of the spectrum, without its mean over every ring of frequencies and
 * over every direction, is compared with that of each motion. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/vector.h"
#include "data/square_spectrum.h"
#include "data/suspect_parts.h"

enum {
    LENGTH = SQUARE_LENGTH,
    RINGS = 10,
    DIRECTIONS = 12,
    ANGLES = 18, /* of motions, over half a turn */
    CENTRINGS = 4,
    LEAST_EXTENT = 128,
    MOST_FREQUENCIES = LENGTH * LENGTH / 2
};

static const double PI = 3.14159265358979323846;
static const double LEAST = 0.06, MOST = 0.5; /* cycles a px: of the rings */
static const double FLOOR = 0.1;              /* below this power lies what rounding adds */
static const double LENGTHS[] = {3, 4, 5, 6, 7, 8, 9, 11, 13, 15};
enum { MOTIONS = ANGLES * (int)(sizeof LENGTHS / sizeof *LENGTHS) };

/* The frequencies of half the plane, and what each motion makes of them: of norm 1. */
static struct {
    int count;
    int at[MOST_FREQUENCIES]; /* in the spectrum */
    int ring[MOST_FREQUENCIES], direction[MOST_FREQUENCIES];
    double x[MOST_FREQUENCIES], y[MOST_FREQUENCIES]; /* cycles a px */
    double filling[MOST_FREQUENCIES]; /* what fills the zeros of a motion: see make_motion */
    float motions[MOTIONS][MOST_FREQUENCIES];
} known;

static void take_means(const int *class, int classes, float *values)
{
    double sums[RINGS + DIRECTIONS] = {0}, counts[RINGS + DIRECTIONS] = {0};
    for (int i = 0; i < known.count; i++) {
        sums[class[i]] += (double)values[i];
        counts[class[i]] += 1;
    }
    for (int c = 0; c < classes; c++)
        sums[c] /= counts[c];
    for (int i = 0; i < known.count; i++)
        values[i] -= (float)sums[class[i]];
}

/* Returns the norm of what is left. */
static double centre(float *values)
{
    double square = 0;
    for (int i = 0; i < CENTRINGS; i++) {
        take_means(known.ring, RINGS, values);
        take_means(known.direction, DIRECTIONS, values);
    }
    for (int i = 0; i < known.count; i++)
        square += (double)values[i] * (double)values[i];
    return sqrt(square);
}

static double frequency(int index)
{
    return (double)(index < LENGTH / 2 ? index : index - LENGTH) / LENGTH;
}

static void list_frequencies(void)
{
    for (int v = 0; v < LENGTH; v++)
        for (int u = 0; u <= LENGTH / 2; u++) {
            double x = (double)u / LENGTH, y = frequency(v), radius = hypot(x, y);
            if (radius < LEAST || radius > MOST || (u == 0 && y < 0))
                continue;
            int ring = (int)((radius - LEAST) / (MOST - LEAST) * RINGS);
            double turn = atan2(y, x) / PI;
            known.at[known.count] = v * LENGTH + u;
            known.x[known.count] = x;
            known.y[known.count] = y;
            known.filling[known.count] = 0.02 + FLOOR / (1000 * pow(radius / 0.1, -2.5));
            known.ring[known.count] = ring < RINGS ? ring : RINGS - 1;
            known.direction[known.count] = (int)((turn < 0 ? turn + 1 : turn) * DIRECTIONS);
            known.direction[known.count] %= DIRECTIONS;
            known.count++;
        }
}

/* The zeros are filled by what moved otherwise, and by rounding: FLOOR in a spectrum of the usual
 * fall. */
static void make_motion(int motion)
{
    double angle = PI * (motion % ANGLES) / ANGLES, length = PI * LENGTHS[motion / ANGLES];
    double x = length * cos(angle), y = length * sin(angle);
    float *values = known.motions[motion];
    for (int i = 0; i < known.count; i++) {
        double phase = x * known.x[i] + y * known.y[i];
        double left = fabs(phase) > 1e-9 ? sin(phase) / phase : 1;
        values[i] = (float)log(left * left + known.filling[i]);
    }
    double norm = centre(values);
    for (int i = 0; i < known.count; i++)
        values[i] = (float)((double)values[i] / norm);
}

static void learn(void)
{
    list_frequencies();
    for (int motion = 0; motion < MOTIONS; motion++)
        make_motion(motion);
}

FOR_EVERY_PROCESSOR
static float likeness(const float *a, const float *b, int count)
{
    float lanes[16] = {0};
    int i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++)
            lanes[k] += a[i + k] * b[i + k];
    float sum = 0;
    for (; i < count; i++)
        sum += a[i] * b[i];
    for (int k = 0; k < 16; k++)
        sum += lanes[k];
    return sum;
}

void suspect_motion(const Plane *luma, Suspicion *s)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (luma->width < LEAST_EXTENT || luma->height < LEAST_EXTENT)
        return;
    pthread_once(&once, learn);
    float *power = memory_array(LENGTH * LENGTH, sizeof *power);
    float *values = memory_array(MOST_FREQUENCIES, sizeof *values);
    plane_square_spectrum(luma, power);
    for (int i = 0; i < known.count; i++)
        values[i] = logf(power[known.at[i]] + (float)FLOOR);
    double norm = centre(values), best = 0;
    for (int motion = 0; motion < MOTIONS; motion++) {
        double like = (double)likeness(known.motions[motion], values, known.count);
        if (like <= best)
            continue;
        best = like;
        s->motion_angle = 180.0 * (motion % ANGLES) / ANGLES;
        s->motion_length = LENGTHS[motion / ANGLES];
    }
    s->motion = best / sqrt(known.count);
    s->motion_likeness = norm > 1e-3 ? best / norm : 0;
    free(values);
    free(power);
}
