/* One generation of H.264: 8-bit 4:2:0, BT.601 in studio range. The library that does it is
 * optional and loaded at the first use. */
#include "data/degrade/video.h"

#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/library.h"
#include "data/degrade/operations.h"
#include "data/degrade/yuv.h"

enum { INTRA, INTER };
enum { MOST_EXTENT = 16384 }; /* of x264 */

typedef struct VideoValues {
    int kind, crf;
    double shift;
} VideoValues;

static const Parameter PARAMETERS[] = {
    {"kind", PARAMETER_CHOICE, offsetof(VideoValues, kind), "\"intra\"", 0, 1, "intra|inter", NULL,
     "a frame of its own, or one predicted from the frame before"},
    {"crf", PARAMETER_INTEGER, offsetof(VideoValues, crf), "[18, 35]", 0, 51, NULL, NULL,
     "x264's constant rate factor: 18 is nearly clean, 23 usual, 35 poor"},
    {"shift", PARAMETER_REAL, offsetof(VideoValues, shift), "[0, 4]", -32, 32, NULL, "inter",
     "px by which the frame before was displaced to the right"},
    {0},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* libavcodec stays loaded, and RTLD_LOCAL keeps the many libraries it brings to themselves. */
static const VideoLibrary *open_library(const char *path)
{
    static const VideoHost HOST = {error_set};
    VideoLibraryFunction *function = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle) {
        void *symbol = dlsym(handle, VIDEO_LIBRARY_SYMBOL);
        memcpy(&function, &symbol, sizeof function);
    }
    if (!function)
        error_set(ERROR_CONFIG, "%s: cannot load the video library: %s", path, dlerror());
    return function ? function(&HOST) : NULL;
}

/* NULL without an error if there is no such file. */
static const VideoLibrary *find_library(void)
{
    static const VideoLibrary *library;
    pthread_mutex_lock(&lock);
    if (!library) {
        char *path = library_path(VIDEO_LIBRARY_FILE, "UNMUSH_VIDEO_LIBRARY");
        if (file_exists(path))
            library = open_library(path);
        free(path);
    }
    pthread_mutex_unlock(&lock);
    return library;
}

static const VideoLibrary *need_library(void)
{
    const VideoLibrary *library = find_library();
    if (!library)
        error_set(ERROR_CONFIG, "video needs libavcodec with an H.264 encoder: install "
                                "libavcodec-dev and build again");
    return library && library->check() == 0 ? library : NULL;
}

const char *video_version(void)
{
    const VideoLibrary *library = find_library();
    return library ? library->version : NULL;
}

static int check(const void *values)
{
    (void)values;
    return need_library() ? 0 : -1;
}

static int inside(int x, int width)
{
    return x < 0 ? 0 : x < width ? x : width - 1;
}

/* One row moved to the right by a fraction of pixels, its ends repeated. */
static void displace_row(const float *from, int width, double shift, float *to, int to_width)
{
    int whole = (int)floor(-shift);
    float part = (float)(-shift - whole);
    for (int x = 0; x < to_width; x++)
        to[x] =
            (1 - part) * from[inside(x + whole, width)] + part * from[inside(x + whole + 1, width)];
}

/* A frame of the picture displaced, its last row and column repeated where H.264's extents must be
 * larger: even, and room for a whole block. */
static VideoFrame make_frame(Workspace *work, const Picture *picture, double shift)
{
    int width = picture->width < 16 ? 16 : picture->width + picture->width % 2;
    int height = picture->height < 16 ? 16 : picture->height + picture->height % 2;
    VideoFrame frame = yuv_take(work, width, height);
    WorkspaceMark mark = workspace_mark(work);
    Picture padded = picture_take(work, width, height);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < height; y++)
            displace_row(
                picture->planes[c] + (size_t)inside(y, picture->height) * (size_t)picture->width,
                picture->width, shift, padded.planes[c] + (size_t)y * (size_t)width, width);
    yuv_from_picture(work, &padded, &frame);
    workspace_release(work, mark);
    return frame;
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    const VideoValues *v = values;
    const VideoLibrary *library = need_library();
    if (!library)
        return -1;
    if (picture->width > MOST_EXTENT || picture->height > MOST_EXTENT)
        return error_set(ERROR_SHAPE, "video: %dx%d pixels, x264 holds at most %d either way",
                         picture->width, picture->height, MOST_EXTENT);
    picture_clip(picture);
    VideoFrame frames[2];
    int count = 0;
    if (v->kind == INTER)
        frames[count++] = make_frame(work, picture, v->shift);
    frames[count++] = make_frame(work, picture, 0);
    if (library->recode(frames, count, v->crf) != 0)
        return -1;
    yuv_to_picture(work, &frames[count - 1], picture);
    return 0;
}

const Operation VIDEO_OPERATION = {
    .name = "video",
    .help = "one generation of H.264 video; rounds to 8 bits",
    .parameters = PARAMETERS,
    .bytes = sizeof(VideoValues),
    .check = check,
    .apply = apply,
};
