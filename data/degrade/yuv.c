#include "data/degrade/yuv.h"

#include "core/vector.h"

VideoFrame yuv_take(Workspace *work, int width, int height)
{
    VideoFrame frame = {.width = width, .height = height};
    size_t pixels = (size_t)width * (size_t)height;
    for (int p = 0; p < 3; p++)
        frame.planes[p] = workspace_take(work, p == 0 ? pixels : pixels / 4, 1);
    return frame;
}

/* One row of a plane: offset + (r R + g G + b B) / 255, rounded. */
typedef struct Weights {
    float offset, r, g, b;
} Weights;

static const Weights TO_YUV[3] = {
    {16.0f, 65.481f / 255, 128.553f / 255, 24.966f / 255},
    {128.0f, -37.797f / 255, -74.203f / 255, 112.0f / 255},
    {128.0f, 112.0f / 255, -93.786f / 255, -18.214f / 255},
};

FOR_EVERY_PROCESSOR
static void mix_row(const float *restrict r, const float *restrict g, const float *restrict b,
                    Weights w, int width, uint8_t *restrict to)
{
    for (int x = 0; x < width; x++)
        to[x] = (uint8_t)(int)(w.offset + w.r * r[x] + w.g * g[x] + w.b * b[x] + 0.5f);
}

FOR_EVERY_PROCESSOR
static void halve_rows(const float *restrict above, const float *restrict below, int width,
                       float *restrict to)
{
    for (int x = 0; x < width; x++)
        to[x] = 0.25f * (above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1]);
}

void yuv_from_picture(Workspace *work, const Picture *picture, const VideoFrame *frame)
{
    WorkspaceMark mark = workspace_mark(work);
    int half = frame->width / 2;
    size_t width = (size_t)frame->width;
    float *means[3];
    for (int c = 0; c < 3; c++)
        means[c] = workspace_take(work, (size_t)half, sizeof(float));
    for (size_t y = 0; y < (size_t)frame->height; y++)
        mix_row(picture->planes[0] + y * width, picture->planes[1] + y * width,
                picture->planes[2] + y * width, TO_YUV[0], frame->width,
                frame->planes[0] + y * width);
    for (size_t y = 0; y < (size_t)frame->height / 2; y++) {
        for (int c = 0; c < 3; c++)
            halve_rows(picture->planes[c] + 2 * y * width, picture->planes[c] + (2 * y + 1) * width,
                       half, means[c]);
        for (int p = 1; p < 3; p++)
            mix_row(means[0], means[1], means[2], TO_YUV[p], half,
                    frame->planes[p] + y * (size_t)half);
    }
    workspace_release(work, mark);
}

FOR_EVERY_PROCESSOR
static void blend_rows(const uint8_t *restrict near, const uint8_t *restrict far, int width,
                       float *restrict to)
{
    for (int x = 0; x < width; x++)
        to[x] = 0.75f * (float)near[x] + 0.25f * (float)far[x];
}

/* Twice as wide; `from` has one more sample on either side. */
FOR_EVERY_PROCESSOR
static void widen_row(const float *restrict from, int width, float *restrict to)
{
    for (int x = 0; x < width; x++) {
        to[2 * x] = 0.75f * from[x] + 0.25f * from[x - 1];
        to[2 * x + 1] = 0.75f * from[x] + 0.25f * from[x + 1];
    }
}

/* `most` is 255, which the compiler must not know: it would make branches of the comparisons. */
static float level(float v, float most)
{
    float clipped = v > 0 ? v : 0;
    clipped = clipped < most ? clipped : most;
    return (float)(int)(clipped + 0.5f);
}

FOR_EVERY_PROCESSOR
static void unmix_row(const uint8_t *restrict luma, const float *restrict blue,
                      const float *restrict red, int width, float most, float *restrict r,
                      float *restrict g, float *restrict b)
{
    for (int x = 0; x < width; x++) {
        float y = 255.0f / 219 * ((float)luma[x] - 16);
        float cb = 255.0f / 112 * (blue[x] - 128), cr = 255.0f / 112 * (red[x] - 128);
        r[x] = level(y + 0.701f * cr, most);
        g[x] = level(y - 0.886f * 0.114f / 0.587f * cb - 0.701f * 0.299f / 0.587f * cr, most);
        b[x] = level(y + 0.886f * cb, most);
    }
}

/* Row y of a chroma plane at the luma's extents. `narrow` has room for one sample more at both
 * ends. */
static void enlarge_chroma(const uint8_t *plane, int y, int half_width, int half_height,
                           float *narrow, float *wide)
{
    int near = y / 2, far = near + (y % 2 == 0 ? -1 : 1);
    far = far < 0 ? 0 : far < half_height ? far : half_height - 1;
    size_t width = (size_t)half_width;
    float *middle = narrow + 1;
    blend_rows(plane + (size_t)near * width, plane + (size_t)far * width, half_width, middle);
    middle[-1] = middle[0];
    middle[half_width] = middle[half_width - 1];
    widen_row(middle, half_width, wide);
}

void yuv_to_picture(Workspace *work, const VideoFrame *frame, const Picture *picture)
{
    WorkspaceMark mark = workspace_mark(work);
    int half_width = frame->width / 2, half_height = frame->height / 2;
    float *narrow = workspace_take(work, (size_t)half_width + 2, sizeof(float));
    float *blue = workspace_take(work, (size_t)frame->width, sizeof(float));
    float *red = workspace_take(work, (size_t)frame->width, sizeof(float));
    for (int y = 0; y < picture->height; y++) {
        size_t at = (size_t)y * (size_t)picture->width;
        enlarge_chroma(frame->planes[1], y, half_width, half_height, narrow, blue);
        enlarge_chroma(frame->planes[2], y, half_width, half_height, narrow, red);
        unmix_row(frame->planes[0] + (size_t)y * (size_t)frame->width, blue, red, picture->width,
                  255, picture->planes[0] + at, picture->planes[1] + at, picture->planes[2] + at);
    }
    workspace_release(work, mark);
}
