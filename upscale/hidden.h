/* Colours that nobody sees, under pixels that are wholly transparent: mostly black or left over.
 * A network that looks at them draws dark or coloured fringes around what is visible. */
#ifndef UPSCALE_HIDDEN_H
#define UPSCALE_HIDDEN_H

/* Gives every wholly transparent pixel the colours of a visible one near it, and leaves alpha as it
 * is. Interleaved pixels of 2 or 4 channels, the last one alpha, of 8 or 16 bits. Pictures without
 * transparent, or without visible, pixels stay as they are. */
void hidden_fill(void *pixels, int width, int height, int channels, int depth);

#endif
