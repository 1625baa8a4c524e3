/* Small letters drawn into pictures: printable ASCII in a fixed 5x8 font. */
#ifndef DATA_LETTERING_H
#define DATA_LETTERING_H

#include "data/image.h"

enum { LETTER_ADVANCE = 6, LETTER_LINE = 10 }; /* pixels from one to the next, across and down */

/* Writes one line of black text with its top left pixel at (x, y); what lies outside the image is
 * left out. Bytes that are not printable ASCII become '?' (one for a whole UTF-8 character). */
void lettering_draw(const Image *image, int x, int y, const char *text);

/* The number of bytes of `text` that a line of `width` pixels takes: up to a line feed, or to the
 * last space that fits, or as much as fits of a longer word. At least 1 unless text is empty. */
int lettering_fit(const char *text, int width);

/* The lines that the text takes, and drawing them one below the other. */
int lettering_lines(const char *text, int width);
void lettering_draw_lines(const Image *image, int x, int y, int width, const char *text);

#endif
