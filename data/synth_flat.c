/* Painting flat colours: rectangles, lines, fills and letters. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "data/lettering.h"
#include "data/synth_parts.h"

Canvas canvas_new(int width, int height, Colour ground)
{
    Canvas canvas = {2 * width, 2 * height, NULL};
    canvas.rgb = memory_array((size_t)width * (size_t)height * 4, 3 * sizeof(float));
    canvas_rectangle(&canvas, 0, 0, (float)canvas.width, (float)canvas.height, ground);
    return canvas;
}

static int clamped(float v, int limit)
{
    return v <= 0 ? 0 : v >= (float)limit ? limit : (int)v;
}

static void put(Canvas *canvas, int x, int y, Colour colour)
{
    float *to = canvas->rgb + ((size_t)y * (size_t)canvas->width + (size_t)x) * 3;
    memcpy(to, colour.rgb, sizeof colour.rgb);
}

void canvas_rectangle(Canvas *canvas, float x, float y, float width, float height, Colour colour)
{
    int right = clamped(x + width, canvas->width), bottom = clamped(y + height, canvas->height);
    for (int row = clamped(y, canvas->height); row < bottom; row++)
        for (int column = clamped(x, canvas->width); column < right; column++)
            put(canvas, column, row, colour);
}

/* A line between two points whose width goes from one radius to the other. */
static void segment(Canvas *canvas, Point a, Point b, float radius, float end, Colour colour)
{
    float most = larger(radius, end), dx = b.x - a.x, dy = b.y - a.y;
    float square = larger(dx * dx + dy * dy, 1e-6f);
    int left = clamped(smaller(a.x, b.x) - most, canvas->width);
    int right = clamped(larger(a.x, b.x) + most + 1, canvas->width);
    int bottom = clamped(larger(a.y, b.y) + most + 1, canvas->height);
    for (int y = clamped(smaller(a.y, b.y) - most, canvas->height); y < bottom; y++)
        for (int x = left; x < right; x++) {
            float px = (float)x + 0.5f - a.x, py = (float)y + 0.5f - a.y;
            float t = larger(smaller((px * dx + py * dy) / square, 1), 0);
            float ox = px - t * dx, oy = py - t * dy, r = radius + t * (end - radius);
            if (ox * ox + oy * oy <= r * r)
                put(canvas, x, y, colour);
        }
}

void canvas_stroke(Canvas *canvas, const Point *points, int count, float width, float swell,
                   Colour colour)
{
    for (int i = 0; i + 1 < count; i++) {
        float radii[2];
        for (int k = 0; k < 2; k++) {
            float along = 2 * (float)(i + k) / (float)(count - 1) - 1;
            radii[k] = larger(width / 2 * (1 - swell * along * along), 0.7f);
        }
        segment(canvas, points[i], points[i + 1], radii[0], radii[1], colour);
    }
}

static int compare_floats(const void *a, const void *b)
{
    const float *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

void canvas_fill(Canvas *canvas, const Point *points, int count, Colour colour)
{
    float *crossings = memory_array((size_t)count, sizeof *crossings);
    for (int y = 0; y < canvas->height; y++) {
        float at = (float)y + 0.5f;
        int found = 0;
        for (int i = 0; i < count; i++) {
            Point a = points[i], b = points[(i + 1) % count];
            if ((a.y <= at) != (b.y <= at))
                crossings[found++] = a.x + (at - a.y) / (b.y - a.y) * (b.x - a.x);
        }
        qsort(crossings, (size_t)found, sizeof *crossings, compare_floats);
        for (int i = 0; i + 1 < found; i += 2)
            canvas_rectangle(canvas, crossings[i], (float)y, crossings[i + 1] - crossings[i], 1,
                             colour);
    }
    free(crossings);
}

/* 1 on ink, with zeros around; bilinear between the font's pixels if `round`. */
static float ink_at(const Image *letters, float u, float v, bool round)
{
    float values[2][2], at_x = round ? u - 0.5f : u, at_y = round ? v - 0.5f : v;
    int x = (int)floor_near(at_x), y = (int)floor_near(at_y);
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            bool inside =
                x + i >= 0 && y + j >= 0 && x + i < letters->width && y + j < letters->height;
            size_t pixel = inside ? (size_t)(y + j) * (size_t)letters->width + (size_t)(x + i) : 0;
            values[j][i] = inside && letters->rgb[3 * pixel] == 0;
        }
    if (!round)
        return values[0][0];
    float a = at_x - (float)x, b = at_y - (float)y;
    float top = values[0][0] + a * (values[0][1] - values[0][0]);
    float bottom = values[1][0] + a * (values[1][1] - values[1][0]);
    return top + b * (bottom - top);
}

void canvas_letters(Canvas *canvas, float x, float y, const char *text, LetterStyle style,
                    Colour colour)
{
    Image letters = image_new((int)strlen(text) * LETTER_ADVANCE + 1, LETTER_LINE);
    memset(letters.rgb, 255, (size_t)letters.width * (size_t)letters.height * 3);
    lettering_draw(&letters, 0, 0, text);
    float height = LETTER_LINE * style.size, lean = style.slant * height;
    int right = clamped(x + (float)letters.width * style.size + lean, canvas->width);
    int bottom = clamped(y + height, canvas->height);
    for (int row = clamped(y, canvas->height); row < bottom; row++)
        for (int column = clamped(x, canvas->width); column < right; column++) {
            float v = ((float)row + 0.5f - y) / style.size;
            float u = ((float)column + 0.5f - x) / style.size - style.slant * (LETTER_LINE - v);
            if (larger(ink_at(&letters, u, v, style.round),
                       ink_at(&letters, u - style.bold, v, style.round)) > 0.45f)
                put(canvas, column, row, colour);
        }
    image_free(&letters);
}

Image canvas_develop(Canvas *canvas)
{
    Image image = image_new(canvas->width / 2, canvas->height / 2);
    size_t width = (size_t)canvas->width * 3;
    for (int y = 0; y < image.height; y++)
        for (int x = 0; x < image.width; x++)
            for (size_t c = 0; c < 3; c++) {
                const float *from = canvas->rgb + 2 * (size_t)y * width + 6 * (size_t)x + c;
                image.rgb[((size_t)y * (size_t)image.width + (size_t)x) * 3 + c] =
                    image_level((from[0] + from[3] + from[width] + from[width + 3]) / 4);
            }
    free(canvas->rgb);
    *canvas = (Canvas){0};
    return image;
}
