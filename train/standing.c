#include "train/standing.h"

#include <math.h>
#include <stdio.h>

enum { LEAST_MARKS = 4, MOST_COMPARED = 8 };
static const double RESTING = 0.005; /* of the detail error */

double standing_error(const Mark *m)
{
    return sqrt(m->smoothing * m->smoothing + m->sharpening * m->sharpening +
                m->hallucination * m->hallucination);
}

static int compared(int count)
{
    int third = count / 3;
    return third < 2 ? 2 : third > MOST_COMPARED ? MOST_COMPARED : third;
}

/* Means of `count` marks. */
static Mark mean(const Mark *marks, int count)
{
    Mark sum = {0};
    for (int i = 0; i < count; i++) {
        sum.smoothing += marks[i].smoothing / count;
        sum.sharpening += marks[i].sharpening / count;
        sum.hallucination += marks[i].hallucination / count;
    }
    return sum;
}

Course standing_course(const Mark *marks, int count)
{
    if (count < LEAST_MARKS)
        return COURSE_UNKNOWN;
    int newest = compared(count);
    Mark now = mean(marks + count - newest, newest);
    Mark before = mean(marks + count - 2 * newest, newest);
    double least = RESTING * standing_error(&before);
    double change = standing_error(&now) - standing_error(&before);
    if (change < -least)
        return COURSE_IMPROVING;
    if (change > least)
        return COURSE_WORSENING;
    double turned =
        hypot(now.smoothing - before.smoothing, now.hallucination - before.hallucination);
    return turned > 2 * least ? COURSE_TRADING : COURSE_RESTING;
}

static const Mark *find_best(const Mark *marks, int count)
{
    const Mark *best = marks;
    for (int i = 1; i < count; i++)
        if (standing_error(&marks[i]) < standing_error(best))
            best = &marks[i];
    return best;
}

static const char *percent_of(double value, char text[16])
{
    snprintf(text, 16, "%.0f %%", 100 * value);
    return text;
}

static int say_where(const Mark *now, const Mark *bicubic, char *text, size_t size)
{
    char missing[16], made_up[16], before[16], before_made_up[16];
    int used = snprintf(text, size,
                        "At step %lld what is missing has %s of the true detail's "
                        "strength and what is made up %s",
                        (long long)now->step, percent_of(now->smoothing, missing),
                        percent_of(now->hallucination, made_up));
    if (bicubic->step >= 0 && (size_t)used < size)
        used += snprintf(text + used, size - (size_t)used, " (bicubic: %s and %s)",
                         percent_of(bicubic->smoothing, before),
                         percent_of(bicubic->hallucination, before_made_up));
    return used;
}

static const char *say_course(Course course)
{
    static const char *const WORDS[] = {
        [COURSE_UNKNOWN] = ". It is too early to say where it goes.",
        [COURSE_IMPROVING] = ". It still improves: training on pays.",
        [COURSE_TRADING] =
            ". It no longer comes nearer to the truth, but trades one for the other: "
            "stop where you like the balance.",
        [COURSE_RESTING] = ". It rests: stopping now loses nothing, unless the rate still falls.",
        [COURSE_WORSENING] = ". It moves away from the truth: the best was"};
    return WORDS[course];
}

void standing_describe(const Mark *marks, int count, const Mark *bicubic, char *text, size_t size)
{
    if (count == 0) {
        snprintf(text, size, "Nothing was validated yet.");
        return;
    }
    Course course = standing_course(marks, count);
    size_t used = (size_t)say_where(&marks[count - 1], bicubic, text, size);
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, "%s", say_course(course));
    if (course == COURSE_WORSENING && used < size)
        snprintf(text + used, size - used, " at step %lld.",
                 (long long)find_best(marks, count)->step);
}
