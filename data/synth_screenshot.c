/* Procedural screenshots: pages, windows, terminals and tables. */
#include <string.h>

#include "data/lettering.h"
#include "data/synth_parts.h"

typedef struct Screen {
    Canvas canvas;
    Random random;
    Colour ground, ink, accent, panel; /* the theme's */
    LetterStyle style;
    bool crisp; /* letters on whole pixels, as without antialiasing */
} Screen;

typedef struct Box {
    float x, y, width, height;
} Box;

static Colour gray_near(Random *random, double low, double high)
{
    float v = draw_range(random, low, high), cast = draw_range(random, -6, 6);
    return (Colour){{v + cast, v, v - cast}};
}

static Colour vivid(Random *random)
{
    Colour c;
    for (int i = 0; i < 3; i++)
        c.rgb[i] = draw_range(random, 10, 235);
    return c;
}

static void choose_theme(Screen *s)
{
    bool dark = draw_chance(&s->random, 0.35);
    bool plain = draw_chance(&s->random, 0.4);
    s->ground = dark ? gray_near(&s->random, 8, 60) : gray_near(&s->random, 225, 255);
    s->ink = dark ? gray_near(&s->random, 170, 250) : gray_near(&s->random, 0, 90);
    if (plain && !dark)
        s->ground = (Colour){{255, 255, 255}};
    if (plain && !dark && draw_chance(&s->random, 0.5))
        s->ink = (Colour){{0, 0, 0}};
    s->panel = colour_mix(s->ground, s->ink, draw_range(&s->random, 0.04, 0.2));
    s->accent = vivid(&s->random);
}

/* Letters of 1 to 2.6 pixels of the picture for a pixel of the font. */
static void choose_letters(Screen *s)
{
    s->crisp = draw_chance(&s->random, 0.35);
    s->style.size = s->crisp ? 2 + 2 * (float)random_below(&s->random, 2)
                             : draw_range(&s->random, 1.8, draw_chance(&s->random, 0.25) ? 5.2 : 3);
    s->style.round = !s->crisp && draw_chance(&s->random, 0.8);
    s->style.bold = s->crisp ? 0 : draw_range(&s->random, 0, 0.6);
    s->style.slant = !s->crisp && draw_chance(&s->random, 0.15) ? 0.2f : 0;
}

static void draw_word(Random *random, char *word, int most)
{
    static const char LETTERS[] = "eeeettaaooiinnsshhrrddllucmwfgypbvkxjqzETAOINSHRDLM0123456789";
    int length = 1 + (int)random_below(random, (uint32_t)most);
    for (int i = 0; i < length; i++)
        word[i] = LETTERS[random_below(random, sizeof LETTERS - 1)];
    word[length] = 0;
    if (draw_chance(random, 0.12))
        word[length - 1] = ",.:;!?()=-"[random_below(random, 10)];
}

static float grid(const Screen *s, float v)
{
    return s->crisp ? 2 * floor_near(v / 2) : v;
}

/* Words from x on, as many as fit; the end of the last one. */
static float line_of_words(Screen *s, float x, float y, float right, LetterStyle style,
                           Colour colour, double accents)
{
    char word[16];
    float advance = LETTER_ADVANCE * style.size;
    for (;;) {
        draw_word(&s->random, word, 10);
        float width = (float)strlen(word) * advance;
        if (x + width > right)
            return x;
        Colour c = draw_chance(&s->random, accents) ? s->accent : colour;
        canvas_letters(&s->canvas, grid(s, x), grid(s, y), word, style, c);
        x += width + advance;
    }
}

static void paragraphs(Screen *s, Box box)
{
    float line = s->style.size * LETTER_LINE * draw_range(&s->random, 1, 1.7);
    float y = box.y + line / 2, right = box.x + box.width;
    while (y + line < box.y + box.height) {
        int lines = 1 + (int)random_below(&s->random, 9);
        if (draw_chance(&s->random, 0.3)) {
            LetterStyle heading = s->style;
            heading.size *= s->crisp ? 2 : 1.5f;
            if (y + 2 * line < box.y + box.height)
                line_of_words(s, box.x, y, right - box.width * draw_range(&s->random, 0.1, 0.6),
                              heading, draw_chance(&s->random, 0.3) ? s->accent : s->ink, 0);
            y += 2.2f * line;
        }
        for (; lines > 0 && y + line < box.y + box.height; lines--, y += line)
            line_of_words(s, box.x, y,
                          lines == 1 ? box.x + box.width * draw_range(&s->random, 0.2, 1) : right,
                          s->style, s->ink, 0.03);
        y += line * 0.8f;
    }
}

static void code(Screen *s, Box box)
{
    float line = s->style.size * LETTER_LINE * 1.15f, advance = s->style.size * LETTER_ADVANCE;
    Colour colours[4] = {s->ink, s->accent, vivid(&s->random), vivid(&s->random)};
    int indent = 0;
    for (float y = box.y; y + line < box.y + box.height; y += line) {
        int change = (int)random_below(&s->random, 3) - 1;
        indent = indent + change < 0 ? 0 : indent + change > 5 ? 5 : indent + change;
        if (draw_chance(&s->random, 0.12))
            continue;
        float end = box.x + box.width * draw_range(&s->random, 0.2, 1);
        line_of_words(s, box.x + 2 * advance * (float)indent, y, end, s->style,
                      colours[random_below(&s->random, 4)], 0.3);
    }
}

static void frame(Screen *s, Box box, float width, Colour colour)
{
    canvas_rectangle(&s->canvas, box.x, box.y, box.width, width, colour);
    canvas_rectangle(&s->canvas, box.x, box.y + box.height - width, box.width, width, colour);
    canvas_rectangle(&s->canvas, box.x, box.y, width, box.height, colour);
    canvas_rectangle(&s->canvas, box.x + box.width - width, box.y, width, box.height, colour);
}

static void table(Screen *s, Box box)
{
    int columns = 2 + (int)random_below(&s->random, 5);
    float line = s->style.size * LETTER_LINE * draw_range(&s->random, 1.3, 2);
    float step = box.width / (float)columns;
    bool lines = draw_chance(&s->random, 0.6);
    for (float y = box.y; y + line < box.y + box.height; y += line) {
        if (((int)((y - box.y) / line) & 1) == 0)
            canvas_rectangle(&s->canvas, box.x, grid(s, y), box.width, line, s->panel);
        for (int c = 0; c < columns; c++) {
            float x = box.x + step * (float)c;
            line_of_words(s, x + 6, y + line * 0.15f, x + step * draw_range(&s->random, 0.5, 0.95),
                          s->style, s->ink, 0.05);
            if (lines)
                canvas_rectangle(&s->canvas, 2 * floor_near(x / 2), y, 2, line, s->ink);
        }
    }
}

static void button(Screen *s, Box box, Colour colour)
{
    canvas_rectangle(&s->canvas, box.x, box.y, box.width, box.height, colour);
    if (draw_chance(&s->random, 0.5))
        frame(s, box, 2, colour_mix(colour, s->ink, 0.5f));
    Colour ink =
        colour_luminance(colour) > 128 ? (Colour){{10, 10, 10}} : (Colour){{250, 250, 250}};
    line_of_words(s, box.x + 8, box.y + (box.height - 8 * s->style.size) / 2, box.x + box.width - 4,
                  s->style, ink, 0);
}

/* A chart of bars, or a block that shades from one colour to another. */
static void figure(Screen *s, Box box)
{
    frame(s, box, 2, s->ink);
    if (draw_chance(&s->random, 0.25)) {
        for (float y = 2; y < box.height - 2; y++)
            canvas_rectangle(&s->canvas, box.x + 2, box.y + y, box.width - 4, 1,
                             colour_mix(s->accent, s->panel, y / box.height));
        return;
    }
    float step = larger(box.width / (float)(4 + random_below(&s->random, 12)), 6);
    for (float x = box.x + step / 4; x + step * 0.8f < box.x + box.width; x += step) {
        float height = box.height * draw_range(&s->random, 0.1, 0.9);
        canvas_rectangle(&s->canvas, x, box.y + box.height - height, step * 0.6f, height,
                         s->accent);
    }
}

static void contents(Screen *s, Box box, int depth);

static void split(Screen *s, Box box, int depth)
{
    float share = draw_range(&s->random, 0.25, 0.7);
    Box first = box, second = box;
    if (box.width > box.height * draw_range(&s->random, 0.7, 1.4)) {
        first.width = 2 * floor_near(box.width * share / 2) - 8;
        second.x += first.width + 16;
        second.width -= first.width + 16;
    } else {
        first.height = 2 * floor_near(box.height * share / 2) - 8;
        second.y += first.height + 16;
        second.height -= first.height + 16;
    }
    contents(s, first, depth - 1);
    contents(s, second, depth - 1);
}

static void buttons(Screen *s, Box box)
{
    float height = 16 * s->style.size, width = s->style.size * draw_range(&s->random, 40, 110);
    for (float y = box.y + 8; y + height < box.y + box.height; y += height * 1.4f)
        for (float x = box.x + 8; x + width < box.x + box.width; x += width + 16)
            if (draw_chance(&s->random, 0.7))
                button(s, (Box){2 * floor_near(x / 2), 2 * floor_near(y / 2), width, height},
                       draw_chance(&s->random, 0.3) ? s->accent : s->panel);
}

static void contents(Screen *s, Box box, int depth)
{
    if (box.width < 120 || box.height < 80)
        return;
    if (depth > 0 && draw_chance(&s->random, 0.7)) {
        split(s, box, depth);
        return;
    }
    Box inner = {box.x + 12, box.y + 8, box.width - 24, box.height - 16};
    if (draw_chance(&s->random, 0.3))
        canvas_rectangle(&s->canvas, box.x, box.y, box.width, box.height, s->panel);
    switch (random_below(&s->random, 7)) {
    case 0:
        buttons(s, inner);
        break;
    case 1:
        figure(s, inner);
        break;
    case 2:
        table(s, inner);
        break;
    case 3:
        code(s, inner);
        break;
    default:
        paragraphs(s, inner);
        break;
    }
}

static void window_bar(Screen *s, float height)
{
    Box bar = {0, 0, (float)s->canvas.width, height};
    Colour colour = draw_chance(&s->random, 0.5) ? s->accent : s->panel;
    button(s, bar, colour);
    for (int i = 0; i < 3; i++)
        canvas_rectangle(&s->canvas, bar.width - height * (float)(i + 1) + height / 4, height / 4,
                         height / 2, height / 2, vivid(&s->random));
}

Image screenshot_picture(uint64_t seed, uint32_t index, int width, int height)
{
    Screen s = {.random = random_stream(seed, RANDOM_SYNTH, index, 1)};
    choose_theme(&s);
    choose_letters(&s);
    s.canvas = canvas_new(width, height, s.ground);
    Box all = {8, 8, (float)(2 * width - 16), (float)(2 * height - 16)};
    if (draw_chance(&s.random, 0.6)) {
        float bar = 2 * floor_near(7 * s.style.size);
        window_bar(&s, bar);
        all.y += bar;
        all.height -= bar;
    }
    float bottom = 2 * floor_near(6 * s.style.size);
    switch (random_below(&s.random, 5)) {
    case 0:
        paragraphs(&s, all);
        break;
    case 1:
        code(&s, all);
        break;
    default:
        contents(&s, all, 3);
        /* A screen is never empty. */
        canvas_rectangle(&s.canvas, 0, 2 * floor_near(all.y / 2 + all.height / 2) - bottom,
                         (float)s.canvas.width, bottom + 16, s.panel);
        line_of_words(&s, all.x, all.y + all.height - 9 * s.style.size, all.x + all.width, s.style,
                      s.ink, 0);
        break;
    }
    return canvas_develop(&s.canvas);
}
