/* EXIF of a TIFF file, whose directories lie anywhere in it, as a block of its own. */
#ifndef DATA_TIFF_EXIF_H
#define DATA_TIFF_EXIF_H

#include "data/photo.h"

/* Copies the descriptive tags of a TIFF file's first directory, and its directories of EXIF and
 * GPS, into an empty block; it stays empty where there is nothing, more than IMAGE_MOST_NOTE or a
 * BigTIFF. What lies outside of the file is left out, and so are second directories of EXIF, GPS or
 * interoperability. Makers' notes are copied, but their own
 * offsets, where they have some, point to nothing then. */
void tiff_collect_exif(const uint8_t *bytes, size_t count, PhotoBlock *exif);

#endif
