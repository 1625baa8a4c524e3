#include "data/degrade/median.h"

#include "core/vector.h"
#include "data/degrade/margins.h"

/* Networks of exchanges on plain variables, so that the loops around them become vectors. */
#define SORT2(a, b)                                                                                \
    do {                                                                                           \
        float low_ = a < b ? a : b;                                                                \
        b = a < b ? b : a;                                                                         \
        a = low_;                                                                                  \
    } while (0)

#define SORT3(a, b, c)                                                                             \
    SORT2(a, b);                                                                                   \
    SORT2(b, c);                                                                                   \
    SORT2(a, b)

#define SORT5(a, b, c, d, e)                                                                       \
    SORT2(a, b);                                                                                   \
    SORT2(d, e);                                                                                   \
    SORT2(c, e);                                                                                   \
    SORT2(c, d);                                                                                   \
    SORT2(b, e);                                                                                   \
    SORT2(a, d);                                                                                   \
    SORT2(a, c);                                                                                   \
    SORT2(b, d);                                                                                   \
    SORT2(b, c)

/* The least of all moves to the first place, the greatest to the last. */
#define ENDS4(a, b, c, d)                                                                          \
    SORT2(a, b);                                                                                   \
    SORT2(c, d);                                                                                   \
    SORT2(a, c);                                                                                   \
    SORT2(b, d)
#define ENDS5(a, b, c, d, e)                                                                       \
    ENDS4(a, b, c, d);                                                                             \
    SORT2(a, e);                                                                                   \
    SORT2(d, e)
#define ENDS6(a, b, c, d, e, f)                                                                    \
    SORT2(e, f);                                                                                   \
    ENDS4(a, b, c, d);                                                                             \
    SORT2(a, e);                                                                                   \
    SORT2(d, f)
#define ENDS7(a, b, c, d, e, f, g)                                                                 \
    ENDS6(a, b, c, d, e, f);                                                                       \
    SORT2(a, g);                                                                                   \
    SORT2(f, g)
#define ENDS8(a, b, c, d, e, f, g, h)                                                              \
    SORT2(g, h);                                                                                   \
    ENDS6(a, b, c, d, e, f);                                                                       \
    SORT2(a, g);                                                                                   \
    SORT2(f, h)

FOR_EVERY_PROCESSOR
static void median_row3(const float *above, size_t stride, int width, float *restrict low,
                        float *restrict middle, float *restrict high, float *restrict to)
{
    const float *row = above + stride, *below = row + stride;
    for (int x = 0; x < width + 2; x++) {
        float a = above[x], b = row[x], c = below[x];
        SORT3(a, b, c);
        low[x] = a;
        middle[x] = b;
        high[x] = c;
    }
    for (int x = 0; x < width; x++) {
        /* The greatest of the least, the median of the medians, the least of the greatest. */
        float a = low[x] > low[x + 1] ? low[x] : low[x + 1];
        a = a > low[x + 2] ? a : low[x + 2];
        float p = middle[x], b = middle[x + 1], q = middle[x + 2];
        SORT3(p, b, q);
        float c = high[x] < high[x + 1] ? high[x] : high[x + 1];
        c = c < high[x + 2] ? c : high[x + 2];
        SORT3(a, b, c);
        to[x] = b;
    }
}

/* Sorts every column of 5; sorted[i] has width + 4 values. */
FOR_EVERY_PROCESSOR
static void sort_columns5(const float *from, size_t stride, int width, float *restrict sorted)
{
    size_t next = (size_t)width + 4;
    for (size_t x = 0; x < next; x++) {
        float a = from[x], b = from[x + stride], c = from[x + 2 * stride];
        float d = from[x + 3 * stride], e = from[x + 4 * stride];
        SORT5(a, b, c, d, e);
        sorted[x] = a;
        sorted[x + next] = b;
        sorted[x + 2 * next] = c;
        sorted[x + 3 * next] = d;
        sorted[x + 4 * next] = e;
    }
}

/* With columns sorted, sorting rows leaves columns sorted. Of the value in row i and column j of
 * 1..5, i j - 1 others are then no greater and (6 - i)(6 - j) - 1 no less: 13 can be the median, as
 * many of the others lie below as above, so it is the median of these. */
FOR_EVERY_PROCESSOR
static void median_row5(const float *restrict sorted, int width, float *restrict to)
{
    const float *r1 = sorted, *r2 = r1 + width + 4, *r3 = r2 + width + 4, *r4 = r3 + width + 4,
                *r5 = r4 + width + 4;
    for (int x = 0; x < width; x++) {
#define ROW(name, row)                                                                             \
    float name##1 = row[x], name##2 = row[x + 1], name##3 = row[x + 2], name##4 = row[x + 3],      \
          name##5 = row[x + 4];                                                                    \
    SORT5(name##1, name##2, name##3, name##4, name##5)
        ROW(a, r1);
        ROW(b, r2);
        ROW(c, r3);
        ROW(d, r4);
        ROW(e, r5);
#undef ROW
        /* Of more than half of what is left, neither end is the median. */
        ENDS8(a4, a5, b3, b4, c2, c3, d1, d2);
        ENDS7(a5, b3, b4, c2, c3, d1, b5);
        ENDS6(b3, b4, c2, c3, d1, c4);
        ENDS5(b4, c2, c3, d1, d3);
        ENDS4(c2, c3, d1, e1);
        SORT3(c3, d1, e2);
        to[x] = d1;
    }
}

void median_plane(Workspace *work, float *values, int width, int height, int radius)
{
    WorkspaceMark mark = workspace_mark(work);
    Padded padded =
        plane_pad(work, values, width, height, (Margins){radius, radius, radius, radius, 0});
    size_t row = (size_t)(width + 2 * radius);
    float *sorted = workspace_take(work, row * 5, sizeof *sorted);
    for (int y = 0; y < height; y++) {
        const float *from = padded.values + ((ptrdiff_t)y - radius) * (ptrdiff_t)padded.stride;
        float *to = values + (size_t)y * (size_t)width;
        if (radius == 1) {
            median_row3(from - 1, padded.stride, width, sorted, sorted + row, sorted + 2 * row, to);
        } else {
            sort_columns5(from - 2, padded.stride, width, sorted);
            median_row5(sorted, width, to);
        }
    }
    workspace_release(work, mark);
}
