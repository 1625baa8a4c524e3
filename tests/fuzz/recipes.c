/* Fuzz target: any text as a recipe of degradation and, from a foreign store, as what was drawn.
 * With libFuzzer:
 *     clang -fsanitize=fuzzer,address,undefined tests/fuzz/recipes.c ... */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "data/degrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void expect(bool done)
{
    if (done == (error_pending() != ERROR_NONE))
        abort();
    error_clear();
}

static void fill(const Picture *picture)
{
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < picture_pixels(picture); i++)
            picture->planes[c][i] = (float)(i * 37 % 256);
}

static void try_recipe(const char *text, const Picture *hr)
{
    DegradedPair pair;
    Degradation *degradation = degradation_parse(text, "input");
    expect(degradation != NULL);
    if (!degradation)
        return;
    Degrader *degrader = degrader_new(degradation, 2);
    bool done = degrader_run(degrader, hr, 1, 8, &pair) == 0;
    if (done && strlen(pair.drawn) >= degradation_most_text(degradation))
        abort();
    expect(done);
    degrader_free(degrader);
    degradation_free(degradation);
}

static void try_drawn(const char *text, const Picture *hr)
{
    Picture lr;
    Degradation *bicubic = degradation_open("bicubic");
    Degrader *degrader = degrader_new(bicubic, 2);
    expect(degrader_replay(degrader, hr, text, 8, &lr) == 0);
    degrader_free(degrader);
    degradation_free(bicubic);
}

/* Ends the program if it neither succeeds nor says why. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    char *text = malloc(count + 1);
    Workspace *work = workspace_new();
    Picture hr = picture_take(work, 8, 6);
    fill(&hr);
    memcpy(text, bytes, count);
    text[count] = '\0';
    try_recipe(text, &hr);
    try_drawn(text, &hr);
    workspace_free(work);
    free(text);
    return 0;
}
