/* Generations of JPEG, WebP and H.264. */
#include <stdio.h>

#include "core/error.h"
#include "core/json.h"
#include "data/degrade/operations.h"
#include "data/degrade/video.h"
#include "data/degrade/yuv.h"
#include "tests/unit.h"

enum { WIDTH = 24, HEIGHT = 17 }; /* of fixtures/codecs.py's picture */

/* Runs an operation with values "name=value ..." of its parameters. */
static int run(const Operation *operation, const char *settings, Workspace *work, Picture *picture)
{
    _Alignas(double) char values[64] = {0};
    char text[128];
    snprintf(text, sizeof text, "%s", settings);
    for (char *rest, *one = strtok_r(text, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(one, '=');
        *value++ = 0;
        const Parameter *p = operation->parameters;
        while (strcmp(p->name, one) != 0)
            p++;
        if (p->kind == PARAMETER_REAL)
            *(double *)(void *)(values + p->offset) = atof(value);
        else
            *(int *)(void *)(values + p->offset) = atoi(value);
    }
    Situation situation = {.scale = 1, .hr_width = picture->width, .hr_height = picture->height};
    return operation->apply(values, &situation, work, picture);
}

static Picture formula(Workspace *work, int width, int height)
{
    Picture p = picture_take(work, width, height);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                p.planes[c][y * width + x] = (float)((3 * x * x + 5 * y * y + 70 * c) % 256);
    return p;
}

/* Low frequencies only, so that codecs keep it. */
static Picture smooth(Workspace *work, int width, int height)
{
    Picture p = picture_take(work, width, height);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                p.planes[c][y * width + x] =
                    (float)(128 + 60 * sin(0.07 * x + c) + 50 * cos(0.05 * y + 2 * c));
    return p;
}

static Picture copy(Workspace *work, const Picture *from)
{
    Picture to = picture_take(work, from->width, from->height);
    picture_copy(from, &to);
    return to;
}

/* Root mean square difference over the three channels. */
static double distance(const Picture *a, const Picture *b)
{
    double sum = 0;
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < picture_pixels(a); i++)
            sum += pow((double)a->planes[c][i] - b->planes[c][i], 2);
    return sqrt(sum / 3 / (double)picture_pixels(a));
}

/* How far the operation moves a picture. */
static double error_of(const Operation *operation, const char *settings, Workspace *work,
                       const Picture *picture)
{
    WorkspaceMark mark = workspace_mark(work);
    Picture changed = copy(work, picture);
    double error = run(operation, settings, work, &changed) == 0 ? distance(picture, &changed) : -1;
    workspace_release(work, mark);
    CHECK_NO_ERROR();
    return error;
}

static void check_oracle(const Operation *operation, const char *settings, const char *name)
{
    Workspace *work = workspace_new();
    Picture picture = formula(work, WIDTH, HEIGHT);
    uint8_t rgb[WIDTH * HEIGHT * 3];
    cJSON *oracle = json_read(unit_fixture("codecs.json"));
    REQUIRE(oracle != NULL);
    const char *hexadecimal = cJSON_GetStringValue(cJSON_GetObjectItem(oracle, name));
    CHECK(run(operation, settings, work, &picture) == 0);
    picture_to_bytes(&picture, rgb);
    int differing = 0;
    for (size_t i = 0; i < sizeof rgb; i++) {
        unsigned byte;
        sscanf(hexadecimal + 2 * i, "%2x", &byte);
        differing += byte != rgb[i];
    }
    CHECK(differing == 0);
    cJSON_Delete(oracle);
    workspace_free(work);
}

TEST(jpeg_is_what_opencv_writes_and_reads)
{
    check_oracle(&JPEG_OPERATION, "quality=50 chroma=0", "jpeg 50");
    check_oracle(&JPEG_OPERATION, "quality=90 chroma=0", "jpeg 90");
}

TEST(webp_is_what_opencv_writes_and_reads)
{
    check_oracle(&WEBP_OPERATION, "quality=50 method=4", "webp 50");
}

static void check_falling(const Operation *operation, const char *format, const int *qualities)
{
    Workspace *work = workspace_new();
    Picture picture = formula(work, 64, 48);
    double before = 1e9;
    for (; *qualities >= 0; qualities++) {
        char settings[64];
        snprintf(settings, sizeof settings, format, *qualities);
        double error = error_of(operation, settings, work, &picture);
        CHECK(error > 0 && error < before);
        before = error;
    }
    workspace_free(work);
}

TEST(codecs_keep_more_at_higher_quality)
{
    check_falling(&JPEG_OPERATION, "quality=%d chroma=2", (const int[]){1, 10, 40, 80, 100, -1});
    check_falling(&JPEG_OPERATION, "quality=%d chroma=0", (const int[]){1, 10, 40, 80, 100, -1});
    check_falling(&WEBP_OPERATION, "quality=%d method=4", (const int[]){0, 30, 60, 100, -1});
    if (video_version())
        check_falling(&VIDEO_OPERATION, "kind=0 crf=%d", (const int[]){51, 40, 30, 20, -1});
}

/* Columns, or rows, of red and of a green as light: nothing but colour to see. */
static Picture colour_stripes(Workspace *work, bool rows)
{
    Picture p = picture_take(work, 32, 32);
    for (int i = 0; i < 32 * 32; i++) {
        bool red = (rows ? i / 32 : i) % 2;
        p.planes[0][i] = red ? 250 : 0;
        p.planes[1][i] = red ? 0 : 127;
        p.planes[2][i] = 0;
    }
    return p;
}

TEST(jpeg_chroma_is_lost_where_it_is_halved)
{
    Workspace *work = workspace_new();
    Picture columns = colour_stripes(work, false), rows = colour_stripes(work, true);
    CHECK(error_of(&JPEG_OPERATION, "quality=100 chroma=2", work, &columns) < 3);
    CHECK(error_of(&JPEG_OPERATION, "quality=100 chroma=2", work, &rows) < 3);
    CHECK(error_of(&JPEG_OPERATION, "quality=100 chroma=1", work, &columns) > 40);
    CHECK(error_of(&JPEG_OPERATION, "quality=100 chroma=1", work, &rows) < 3);
    CHECK(error_of(&JPEG_OPERATION, "quality=100 chroma=0", work, &columns) > 40);
    CHECK(error_of(&JPEG_OPERATION, "quality=100 chroma=0", work, &rows) > 40);
    workspace_free(work);
}

/* Whole levels of 0..255. */
static bool is_8_bit(const Picture *p)
{
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < picture_pixels(p); i++)
            if (!(p->planes[c][i] >= 0 && p->planes[c][i] <= 255 &&
                  p->planes[c][i] == floorf(p->planes[c][i])))
                return false;
    return true;
}

static void check_extents(const Operation *operation, const char *settings, double most)
{
    static const int EXTENTS[][2] = {{1, 1}, {7, 3}, {2, 33}, {65, 18}, {100, 1}};
    for (size_t i = 0; i < sizeof EXTENTS / sizeof *EXTENTS; i++) {
        Workspace *work = workspace_new();
        Picture before = smooth(work, EXTENTS[i][0], EXTENTS[i][1]), after = copy(work, &before);
        CHECK(run(operation, settings, work, &after) == 0);
        CHECK(after.width == EXTENTS[i][0] && after.height == EXTENTS[i][1]);
        CHECK(is_8_bit(&after));
        CHECK(distance(&before, &after) < most);
        CHECK_NO_ERROR();
        workspace_free(work);
    }
}

TEST(codecs_take_any_extents)
{
    check_extents(&JPEG_OPERATION, "quality=95 chroma=0", 3);
    check_extents(&JPEG_OPERATION, "quality=95 chroma=1", 3);
    check_extents(&JPEG_OPERATION, "quality=95 chroma=2", 3);
    check_extents(&WEBP_OPERATION, "quality=100 method=0", 3);
    if (video_version()) {
        check_extents(&VIDEO_OPERATION, "kind=0 crf=4", 4);
        check_extents(&VIDEO_OPERATION, "kind=1 crf=4 shift=2.5", 4);
    }
}

static void check_clipped(const Operation *operation, const char *settings)
{
    Workspace *work = workspace_new();
    Picture wild = smooth(work, 40, 40);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 40 * 40; i++)
            wild.planes[c][i] = 4 * wild.planes[c][i] - 300;
    Picture clipped = copy(work, &wild);
    picture_clip(&clipped);
    CHECK(run(operation, settings, work, &wild) == 0);
    CHECK(run(operation, settings, work, &clipped) == 0);
    CHECK(distance(&wild, &clipped) == 0);
    workspace_free(work);
}

TEST(codecs_clip_what_overshoots)
{
    check_clipped(&JPEG_OPERATION, "quality=80 chroma=0");
    check_clipped(&WEBP_OPERATION, "quality=80 method=2");
    if (video_version())
        check_clipped(&VIDEO_OPERATION, "kind=1 crf=20 shift=1");
}

static void check_refused(const Operation *operation, const char *settings, int width,
                          const char *message)
{
    Workspace *work = workspace_new();
    Picture picture = smooth(work, width, 1);
    CHECK(run(operation, settings, work, &picture) == -1);
    CHECK_ERROR(ERROR_SHAPE, message);
    workspace_free(work);
}

TEST(codecs_name_extents_they_cannot_hold)
{
    check_refused(&JPEG_OPERATION, "quality=80 chroma=0", 70000, "jpeg: Maximum supported image");
    check_refused(&WEBP_OPERATION, "quality=80 method=0", 20000, "webp: 20000x1 pixels");
    if (video_version())
        check_refused(&VIDEO_OPERATION, "kind=0 crf=20", 20000, "video: 20000x1 pixels");
}

TEST(video_colours_survive_their_way_to_4_2_0)
{
    Workspace *work = workspace_new();
    Picture before = smooth(work, 32, 18), after = picture_take(work, 32, 18);
    VideoFrame frame = yuv_take(work, 32, 18);
    yuv_from_picture(work, &before, &frame);
    yuv_to_picture(work, &frame, &after);
    CHECK(is_8_bit(&after));
    CHECK(distance(&before, &after) < 1.5);
    workspace_free(work);
}

TEST(video_white_black_and_red_have_bt_601s_levels)
{
    static const float COLOURS[3][3] = {{255, 255, 255}, {0, 0, 0}, {255, 0, 0}};
    static const int LEVELS[3][3] = {{235, 128, 128}, {16, 128, 128}, {81, 90, 240}};
    Workspace *work = workspace_new();
    for (int i = 0; i < 3; i++) {
        Picture picture = picture_take(work, 2, 2);
        for (int c = 0; c < 3; c++)
            for (int k = 0; k < 4; k++)
                picture.planes[c][k] = COLOURS[i][c];
        VideoFrame frame = yuv_take(work, 2, 2);
        yuv_from_picture(work, &picture, &frame);
        for (int p = 0; p < 3; p++)
            CHECK(frame.planes[p][0] == LEVELS[i][p]);
    }
    workspace_free(work);
}

TEST(video_frames_come_out_the_same_every_time)
{
    if (!video_version()) {
        unit_skip("no libavcodec");
        return;
    }
    Workspace *work = workspace_new();
    Picture first = formula(work, 66, 50), second = copy(work, &first);
    CHECK(run(&VIDEO_OPERATION, "kind=1 crf=30 shift=3", work, &first) == 0);
    CHECK(run(&VIDEO_OPERATION, "kind=1 crf=30 shift=3", work, &second) == 0);
    CHECK(distance(&first, &second) == 0);
    workspace_free(work);
}

TEST(video_predicts_from_the_frame_before)
{
    if (!video_version()) {
        unit_skip("no libavcodec");
        return;
    }
    Workspace *work = workspace_new();
    Picture picture = formula(work, 64, 64);
    Picture intra = copy(work, &picture), still = copy(work, &picture),
            moved = copy(work, &picture);
    CHECK(run(&VIDEO_OPERATION, "kind=0 crf=35", work, &intra) == 0);
    CHECK(run(&VIDEO_OPERATION, "kind=1 crf=35 shift=0", work, &still) == 0);
    CHECK(run(&VIDEO_OPERATION, "kind=1 crf=35 shift=2.5", work, &moved) == 0);
    CHECK_NO_ERROR();
    /* What did not move is copied; what moved is not what a frame of its own would be. */
    double error = distance(&picture, &intra);
    CHECK(distance(&intra, &still) < 0.1 * error);
    CHECK(distance(&intra, &moved) > 0.1 * error);
    CHECK(distance(&picture, &moved) < 1.5 * error);
    workspace_free(work);
}
