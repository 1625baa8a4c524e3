/* The C library as other programs see it. */
#include "library/unmush.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/library/models.h"
#include "tests/unit.h"

enum { WIDTH = 23, HEIGHT = 17 };

static int enlarge(unmush_model *m, const unmush_pixels *from, const unmush_pixels *to)
{
    return unmush_upscale(m, from, to, NULL, NULL, NULL, 0);
}

TEST(a_model_tells_its_scale_its_name_and_what_computes_it)
{
    static const char *const NAMES[MODELS] = {"srvgg", "rrdb", "span", "swinir"};
    for (int i = 0; i < MODELS; i++) {
        unmush_model *m = model_opened(i, 1);
        REQUIRE(m != NULL);
        CHECK(unmush_scale(m) == (i < 2 ? 4 : 2));
        CHECK(strcmp(unmush_name(m), NAMES[i]) == 0);
        CHECK(strncmp(unmush_engine(m), "libtorch ", 9) == 0);
        unmush_close(m);
    }
    unmush_close(NULL);
    CHECK(strcmp(unmush_version(), UNMUSH_VERSION) == 0);
}

TEST(every_type_of_samples_holds_the_same_picture)
{
    unmush_model *m = model_opened(0, 1);
    REQUIRE(m != NULL);
    unmush_pixels bytes = picture_made(WIDTH, HEIGHT, 3, UNMUSH_U8, 1);
    unmush_pixels words = picture_made(WIDTH, HEIGHT, 3, UNMUSH_U16, 1);
    unmush_pixels floats = picture_made(WIDTH, HEIGHT, 3, UNMUSH_F32, 1);
    unmush_pixels a = picture_room(&bytes, 4, UNMUSH_U8), b = picture_room(&words, 4, UNMUSH_U16);
    unmush_pixels c = picture_room(&floats, 4, UNMUSH_F32);
    CHECK(enlarge(m, &bytes, &a) == UNMUSH_OK);
    CHECK(enlarge(m, &words, &b) == UNMUSH_OK);
    CHECK(enlarge(m, &floats, &c) == UNMUSH_OK);
    const uint8_t *x = a.data;
    const uint16_t *y = b.data;
    const float *z = c.data;
    int least = 255, most = 0;
    for (int i = 0; i < a.width * a.height * 3; i++) {
        float clipped = fminf(fmaxf(z[i], 0), 1);
        CHECK_NEAR(x[i], clipped * 255, 0.5001);
        CHECK_NEAR(y[i], clipped * 65535, 1); /* 255 * (1 / 255) is not 1 in float */
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    CHECK(most - least > 50);
    free(bytes.data), free(words.data), free(floats.data);
    free(a.data), free(b.data), free(c.data);
    unmush_close(m);
}

TEST(rows_may_lie_apart_and_upside_down)
{
    unmush_model *m = model_opened(0, 1);
    REQUIRE(m != NULL);
    enum { STRIDE = WIDTH * 3 + 5, ROOM = WIDTH * 4 * 3 + 9 };
    unmush_pixels plain = picture_made(WIDTH, HEIGHT, 3, UNMUSH_U8, 2);
    unmush_pixels expected = picture_room(&plain, 4, UNMUSH_U8);
    uint8_t *apart = calloc(HEIGHT, STRIDE), *large = calloc(HEIGHT * 4, ROOM);
    for (int y = 0; y < HEIGHT; y++) /* the lowest row first */
        memcpy(apart + (size_t)(HEIGHT - 1 - y) * STRIDE, (uint8_t *)plain.data + y * WIDTH * 3,
               WIDTH * 3);
    memset(large, 77, (size_t)HEIGHT * 4 * ROOM);
    unmush_pixels from = {apart + (HEIGHT - 1) * STRIDE, WIDTH, HEIGHT, 3, UNMUSH_U8, -STRIDE};
    unmush_pixels to = {
        large + (size_t)(HEIGHT * 4 - 1) * ROOM, WIDTH * 4, HEIGHT * 4, 3, UNMUSH_U8, -ROOM};
    CHECK(enlarge(m, &plain, &expected) == UNMUSH_OK);
    CHECK(enlarge(m, &from, &to) == UNMUSH_OK);
    for (int y = 0; y < HEIGHT * 4; y++) {
        const uint8_t *row = large + (size_t)(HEIGHT * 4 - 1 - y) * ROOM;
        CHECK(memcmp(row, (uint8_t *)expected.data + y * WIDTH * 4 * 3, WIDTH * 4 * 3) == 0);
        CHECK(row[WIDTH * 4 * 3] == 77 && row[ROOM - 1] == 77);
    }
    free(plain.data), free(expected.data), free(apart), free(large);
    unmush_close(m);
}

TEST(gray_and_alpha_are_channels_of_their_own)
{
    unmush_model *m = model_opened(0, 1);
    REQUIRE(m != NULL);
    unmush_pixels gray = picture_made(WIDTH, HEIGHT, 1, UNMUSH_F32, 3);
    unmush_pixels both = picture_made(WIDTH, HEIGHT, 2, UNMUSH_F32, 4);
    unmush_pixels rgba = picture_made(WIDTH, HEIGHT, 4, UNMUSH_F32, 5);
    unmush_pixels rgb = picture_made(WIDTH, HEIGHT, 3, UNMUSH_F32, 6);
    float *g = gray.data, *ga = both.data, *c = rgba.data, *d = rgb.data;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        ga[2 * i] = c[4 * i + 3] = g[i];
        memcpy(d + 3 * i, c + 4 * i, 3 * sizeof *d);
    }
    unmush_pixels a = picture_room(&gray, 4, UNMUSH_F32), b = picture_room(&both, 4, UNMUSH_F32);
    unmush_pixels e = picture_room(&rgba, 4, UNMUSH_F32), f = picture_room(&rgb, 4, UNMUSH_F32);
    CHECK(enlarge(m, &gray, &a) == UNMUSH_OK && enlarge(m, &both, &b) == UNMUSH_OK);
    CHECK(enlarge(m, &rgba, &e) == UNMUSH_OK && enlarge(m, &rgb, &f) == UNMUSH_OK);
    const float *ag = a.data, *bg = b.data, *ec = e.data, *fc = f.data;
    for (int i = 0; i < a.width * a.height; i++) {
        CHECK(bg[2 * i] == ag[i] && ec[4 * i + 3] == ag[i]);
        CHECK(memcmp(ec + 4 * i, fc + 3 * i, 3 * sizeof *fc) == 0);
    }
    free(gray.data), free(both.data), free(rgba.data), free(rgb.data);
    free(a.data), free(b.data), free(e.data), free(f.data);
    unmush_close(m);
}

TEST(what_is_no_model_is_an_error_that_names_the_file)
{
    char why[512];
    unmush_model *m = (unmush_model *)1;
    CHECK(unmush_open(&m, "/nowhere/model.safetensors", NULL, why, sizeof why) ==
          UNMUSH_ERROR_FILE);
    CHECK(m == NULL && strstr(why, "/nowhere/model.safetensors") != NULL);
    const char *path = unit_scratch("library-text.safetensors");
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL);
    fputs("this is no model of any kind\n", file);
    fclose(file);
    CHECK(unmush_open(&m, path, NULL, why, sizeof why) == UNMUSH_ERROR_MODEL);
    CHECK(m == NULL && strstr(why, "library-text") != NULL && !strchr(why, '\n'));
    CHECK(unmush_open(&m, path, NULL, NULL, 0) == UNMUSH_ERROR_MODEL);
    char brief[8];
    CHECK(unmush_open(&m, path, NULL, brief, sizeof brief) == UNMUSH_ERROR_MODEL);
    CHECK(strlen(brief) == sizeof brief - 1);
    CHECK(unmush_open(NULL, path, NULL, why, sizeof why) == UNMUSH_ERROR_ARGUMENT);
    CHECK(unmush_open(&m, NULL, NULL, why, sizeof why) == UNMUSH_ERROR_ARGUMENT);
}

TEST(options_of_other_versions_are_taken_where_they_say_nothing_new)
{
    struct {
        unmush_options now;
        int later[2];
    } later = {UNMUSH_OPTIONS, {0}};
    char why[256];
    unmush_model *m;
    later.now.size = sizeof later;
    CHECK(unmush_open(&m, model_file(0), &later.now, why, sizeof why) == UNMUSH_OK);
    unmush_close(m);
    later.later[1] = 1;
    CHECK(unmush_open(&m, model_file(0), &later.now, why, sizeof why) == UNMUSH_ERROR_ARGUMENT);
    CHECK(strstr(why, "later version") != NULL);
    unmush_options old = UNMUSH_OPTIONS;
    old.size = offsetof(unmush_options, tile);
    old.tile = -5; /* not of that version */
    CHECK(unmush_open(&m, model_file(0), &old, why, sizeof why) == UNMUSH_OK);
    unmush_close(m);
    unmush_options none = {0}, wrong = UNMUSH_OPTIONS;
    CHECK(unmush_open(&m, model_file(0), &none, why, sizeof why) == UNMUSH_ERROR_ARGUMENT);
    wrong.tile = 3;
    CHECK(unmush_open(&m, model_file(0), &wrong, why, sizeof why) == UNMUSH_ERROR_ARGUMENT);
    CHECK(strstr(why, "tile") != NULL);
}

TEST(pictures_that_do_not_fit_are_refused)
{
    unmush_model *m = model_opened(0, 1);
    REQUIRE(m != NULL);
    char why[256];
    unmush_pixels from = picture_made(8, 8, 3, UNMUSH_U16, 1);
    unmush_pixels to = picture_room(&from, 4, UNMUSH_U16);
#define REFUSES(change, text)                                                                      \
    do {                                                                                           \
        unmush_pixels f = from, t = to;                                                            \
        change;                                                                                    \
        CHECK(unmush_upscale(m, &f, &t, NULL, NULL, why, sizeof why) == UNMUSH_ERROR_ARGUMENT);    \
        CHECK(strstr(why, text) != NULL);                                                          \
    } while (0)
    REFUSES(t.width--, "4 times 8 x 8 are 32 x 32");
    REFUSES(f.height = 0, "from: 8 x 0");
    REFUSES(t.channels = 4, "4 channels for 3");
    REFUSES(f.channels = t.channels = 5, "5 channels");
    REFUSES(f.type = 9, "type 9");
    REFUSES(f.data = NULL, "from: no pixels");
    REFUSES(f.stride = 46, "stride of 46");
    REFUSES(f.stride = 49, "aligned");
    REFUSES(t.data = (char *)t.data + 1, "to: samples are not aligned");
#undef REFUSES
    CHECK(unmush_upscale(m, NULL, &to, NULL, NULL, why, sizeof why) == UNMUSH_ERROR_ARGUMENT);
    CHECK(unmush_upscale(NULL, &from, &to, NULL, NULL, why, sizeof why) == UNMUSH_ERROR_ARGUMENT);
    free(from.data), free(to.data);
    unmush_close(m);
}

typedef struct Heard {
    int calls, cancel_at;
    double last;
    bool rises;
} Heard;

static int hear(void *context, double done)
{
    Heard *h = context;
    h->rises = h->rises && done > h->last && done <= 1;
    h->last = done;
    return ++h->calls == h->cancel_at;
}

TEST(progress_rises_to_the_end_and_can_cancel)
{
    unmush_options options = UNMUSH_OPTIONS;
    options.tile = 16;
    options.threads = MOST_THREADS;
    unmush_model *m;
    char why[256];
    REQUIRE(unmush_open(&m, model_file(0), &options, NULL, 0) == UNMUSH_OK);
    unmush_pixels from = picture_made(40, 33, 3, UNMUSH_U8, 1);
    unmush_pixels to = picture_room(&from, 4, UNMUSH_U8);
    Heard all = {.rises = true}, some = {.rises = true, .cancel_at = 4};
    CHECK(unmush_upscale(m, &from, &to, hear, &all, why, sizeof why) == UNMUSH_OK);
    CHECK(all.calls == 9 && all.rises && all.last == 1);
    CHECK(unmush_upscale(m, &from, &to, hear, &some, why, sizeof why) == UNMUSH_CANCELLED);
    CHECK(some.calls == 4);
    CHECK(enlarge(m, &from, &to) == UNMUSH_OK);
    free(from.data), free(to.data);
    unmush_close(m);
}

TEST(the_callers_thread_is_left_as_it_was)
{
    const char *before = setlocale(LC_ALL, NULL);
    char locale[256];
    snprintf(locale, sizeof locale, "%s", before);
    locale_t own = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t mine = uselocale(own);
    int openmp = openmp_threads();
    unmush_model *m = model_opened(0, MOST_THREADS);
    REQUIRE(m != NULL);
    unmush_pixels from = picture_made(8, 8, 3, UNMUSH_U8, 1);
    unmush_pixels to = picture_room(&from, 4, UNMUSH_U8);
    CHECK(enlarge(m, &from, &to) == UNMUSH_OK);
    CHECK(uselocale((locale_t)0) == own);
    uselocale(mine);
    freelocale(own);
    CHECK(strcmp(setlocale(LC_ALL, NULL), locale) == 0);
    CHECK(openmp == 0 || openmp_threads() == openmp);
    free(from.data), free(to.data);
    unmush_close(m);
}

TEST(a_language_with_decimal_commas_changes_nothing)
{
    static const char *const COMMAS[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "fr_FR.utf8"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof COMMAS / sizeof *COMMAS && !found; i++)
        found = setlocale(LC_ALL, COMMAS[i]);
    if (!found) {
        unit_skip("no locale with decimal commas is installed");
        return;
    }
    unmush_model *m = model_opened(3, 1);
    CHECK(m != NULL);
    unmush_close(m);
    setlocale(LC_ALL, "C");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static rlim_t address_space(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (file && fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

TEST(too_little_memory_is_an_error_and_not_the_end)
{
    unmush_model *m = model_opened(0, 1), *second = NULL;
    REQUIRE(m != NULL);
    char why[256] = "";
    unmush_pixels from = picture_made(3000, 40, 3, UNMUSH_U8, 1);
    unmush_pixels to = picture_room(&from, 4, UNMUSH_U8);
    struct rlimit before, tight;
    REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
    tight = before;
    tight.rlim_cur = address_space() + (12 << 20);
    REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
    int status = unmush_upscale(m, &from, &to, NULL, NULL, why, sizeof why);
    tight.rlim_cur = address_space();
    setrlimit(RLIMIT_AS, &tight);
    int opened = unmush_open(&second, model_file(1), NULL, NULL, 0);
    setrlimit(RLIMIT_AS, &before);
    CHECK(status == UNMUSH_ERROR_MEMORY);
    CHECK(strstr(why, "memory") != NULL);
    CHECK(opened == UNMUSH_ERROR_MEMORY || opened == UNMUSH_OK);
    CHECK(enlarge(m, &from, &to) == UNMUSH_OK);
    free(from.data), free(to.data);
    unmush_close(second);
    unmush_close(m);
}

TEST(too_little_memory_for_an_array_of_a_file_is_an_error_and_not_the_end)
{
    enum { BYTES = 128 << 20 };
    const char *path = unit_scratch("library-large.safetensors");
    char header[256], why[256] = "";
    int length = snprintf(header, sizeof header,
                          "{\"a\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}",
                          BYTES / 4, BYTES);
    uint64_t size = (uint64_t)length;
    FILE *file = fopen(path, "wb");
    REQUIRE(file && fwrite(&size, sizeof size, 1, file) == 1 && fputs(header, file) >= 0);
    REQUIRE(fclose(file) == 0 && truncate(path, 8 + length + BYTES) == 0);
    unmush_close(model_opened(0, 1));
    struct rlimit before, tight;
    REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
    tight = before;
    tight.rlim_cur = address_space() + BYTES + BYTES / 8;
    REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
    unmush_model *m;
    int status = unmush_open(&m, path, NULL, why, sizeof why);
    setrlimit(RLIMIT_AS, &before);
    CHECK(status == UNMUSH_ERROR_MEMORY && strstr(why, "out of memory") != NULL);
}
#endif
