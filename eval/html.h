/* What pages are made of: text and pictures as HTML, written to a stream. */
#ifndef EVAL_HTML_H
#define EVAL_HTML_H

#include <stdio.h>

#include "eval/packed.h"
#include "eval/strips.h"

/* Text with &, <, > and quotes escaped: for elements and attribute values. */
void html_text(FILE *stream, const char *text);

/* <img> of a packed picture, width x height pixels of the screen; its alternative text names both.
 */
void html_picture(FILE *stream, const Packed *packed, int width, int height, const char *picture,
                  const char *name);

/* Begins a figure: the strip's crop at 400 % and its name, of which picture the alternative text
 * tells. What follows goes below the name, and ends with "</figcaption></figure>". */
int html_crop(FILE *stream, const Strip *strip, int tile, const char *picture, const char *name);

#endif
