/* What procedural pictures are made of: one file each for colours, noise, shapes, fills, strokes.
 * Lengths are canvas pixels (the canvas is twice as large as the picture), colours 0..255. */
#ifndef DATA_SYNTH_PARTS_H
#define DATA_SYNTH_PARTS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/random.h"
#include "data/image.h"

/* Height x width pixels of three floats. */
typedef struct Canvas {
    int width, height;
    float *rgb;
} Canvas;

typedef struct Colour {
    float rgb[3];
} Colour;

/* The few colours that a picture's leaves vary around. */
enum { PALETTE_MOST = 8 };
typedef struct Palette {
    Colour colours[PALETTE_MOST];
    int count;
} Palette;
Palette palette_draw(Random *random);
Colour palette_pick(const Palette *palette, Random *random);
Colour colour_mix(Colour a, Colour b, float amount); /* amount 0: a; 1: b */
float colour_luminance(Colour colour);

/* low <= x < high; below, true with this probability. */
static inline float draw_range(Random *random, double low, double high)
{
    return (float)random_range(random, low, high);
}

/* Unlike fmaxf and fminf these need no care for NAN and become one instruction. */
static inline float larger(float a, float b)
{
    return a > b ? a : b;
}

static inline float smaller(float a, float b)
{
    return a < b ? a : b;
}

/* floorf for values within the range of int, without a call. */
static inline float floor_near(float v)
{
    float whole = (float)(int)v;
    return whole > v ? whole - 1 : whole;
}

static inline int draw_chance(Random *random, double probability)
{
    return random_uniform(random) < probability;
}

/* Noise that repeats every NOISE_SIZE pixels: mean 0, standard deviation 1. */
enum { NOISE_SIZE = 512 };
typedef struct Noise {
    float *values;
} Noise;

/* Each octave is `gain` times as strong as the next coarser one; 1: power falls as 1/f^2, as in
 * photographs. */
Noise noise_new(Random *random, float gain);
void noise_free(Noise *noise);

/* Bilinear; any coordinates within +-1e6. */
static inline float noise_at(const Noise *noise, float u, float v)
{
    float fu = floor_near(u), fv = floor_near(v);
    unsigned i = (unsigned)(int)fu & (NOISE_SIZE - 1), j = (unsigned)(int)fv & (NOISE_SIZE - 1);
    unsigned right = (i + 1) & (NOISE_SIZE - 1), below = ((j + 1) & (NOISE_SIZE - 1)) * NOISE_SIZE;
    const float *row = noise->values + j * NOISE_SIZE, *next = noise->values + below;
    float a = u - fu, b = v - fv;
    float top = row[i] + a * (row[right] - row[i]);
    float bottom = next[i] + a * (next[right] - next[i]);
    return top + b * (bottom - top);
}

/* The outline of a leaf, in coordinates turned and moved with it. */
typedef enum ShapeKind {
    SHAPE_ELLIPSE,
    SHAPE_BLOB,    /* a disc whose radius varies with the angle */
    SHAPE_POLYGON, /* convex, 3 to 7 sides */
    SHAPE_BAR,     /* a rounded bar, straight, bent or wavy */
    SHAPE_RING,    /* the outline of an ellipse, with thickness */
    SHAPE_FRAME,   /* the outline of a rectangle, with thickness */
    SHAPE_KINDS
} ShapeKind;

typedef struct Shape {
    ShapeKind kind;
    float x, y, cosine, sine;
    float a, b;                         /* half extents along its own axes */
    float thickness, rounding;          /* RING, FRAME; BAR */
    float bend, wave, frequency, phase; /* BAR: how far its spine leaves the axis */
    int sides; /* POLYGON: side i is normal (nx, ny) at `distance`, repeated to 8 */
    float nx[8], ny[8], distance[8];
    float even[5], odd[5]; /* BLOB: Fourier coefficients of its radius, orders 2..4 used */
} Shape;

/* A shape of about `radius` around (x, y). */
Shape shape_draw(Random *random, float x, float y, float radius);

/* Half extents of its upright bounding box. */
void shape_box(const Shape *shape, float *half_width, float *half_height);

/* Roughly the distance to the outline, negative inside, of `count` pixels from (x0, y) on. */
void shape_row(const Shape *shape, int x0, int y, int count, float *distances);

/* What a leaf is filled with. */
typedef enum FillKind {
    FILL_FLAT,
    FILL_LINEAR, /* gradients */
    FILL_RADIAL,
    FILL_NOISE,   /* 1/f noise */
    FILL_STREAKS, /* the same, drawn out in one direction: wood, fur */
    FILL_STRIPES, /* straight or bent, hard or soft */
    FILL_CHECKS,
    FILL_DOTS,
    FILL_SPECKLE, /* blotches with edges */
    FILL_KINDS
} FillKind;

typedef struct Fill {
    FillKind kind;
    Colour first, second;
    float x, y, cosine, sine, size; /* its own axes */
    float period, duty, slope;      /* STRIPES, CHECKS, DOTS: slope is the edges' steepness */
    float bend, wobble;
    float stretch, zoom;                /* noise pixels per canvas pixel along the axes */
    float grain, shade_x, shade_y, rim; /* on top of every kind */
    float rim_width;
    float offset_u, offset_v;
    const Noise *noise, *coarse; /* not owned */
} Fill;

Fill fill_draw(Random *random, const Palette *palette, const Noise *noises, int noise_count,
               float x, float y, float size);

/* The colours of `count` pixels from (x0, y) on. distances: as shape_row gives them. */
void fill_row(const Fill *fill, int x0, int y, int count, const float *distances, Colour *colours);

/* Thin things: lines of glyph-like marks, and tufts of hair or grass. */
void text_draw(Canvas *canvas, Random *random, const Palette *palette);
void tuft_draw(Canvas *canvas, Random *random, const Palette *palette);

/* Flat painting, for what programs draw: colours cover what is below them, edges are antialiased by
 * the canvas being halved. */
typedef struct Point {
    float x, y;
} Point;
Canvas canvas_new(int width, int height, Colour ground); /* for a picture of these extents */
void canvas_rectangle(Canvas *canvas, float x, float y, float width, float height, Colour colour);
/* An open line through the points, round at its ends; `swell` (0..1) thins it towards them. */
void canvas_stroke(Canvas *canvas, const Point *points, int count, float width, float swell,
                   Colour colour);
/* The inside of a closed line, by the even-odd rule. */
void canvas_fill(Canvas *canvas, const Point *points, int count, Colour colour);
/* One line of letters, top left at (x, y). */
typedef struct LetterStyle {
    float size;  /* canvas pixels per pixel of the font, which is LETTER_ADVANCE wide */
    float bold;  /* pixels of the font added to the strokes' width */
    float slant; /* of italics */
    bool round;  /* smooth outlines instead of the font's squares */
} LetterStyle;
void canvas_letters(Canvas *canvas, float x, float y, const char *text, LetterStyle style,
                    Colour colour);
/* Halves the canvas, and frees it. */
Image canvas_develop(Canvas *canvas);

Image screenshot_picture(uint64_t seed, uint32_t index, int width, int height);
Image drawing_picture(uint64_t seed, uint32_t index, int width, int height);

#endif
