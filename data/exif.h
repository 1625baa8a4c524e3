/* Changing what EXIF and XMP say about a picture's extents. Exif 2.32; XMP specification part 1. */
#ifndef DATA_EXIF_H
#define DATA_EXIF_H

#include "data/photo.h"

/* Whether it is a TIFF block with a first directory; all else below leaves what is not one as it
 * is. Every change is made in place: nothing moves, so that makers' notes, whose offsets only their
 * makers know, stay valid. Damaged blocks lose at most what is damaged. */
bool exif_is_whole(const PhotoBlock *exif);

/* Sets the orientation to 1. */
void exif_set_upright(PhotoBlock *exif);

/* Takes the thumbnail's directory out of the list and clears its picture; the block becomes shorter
 * where they lie at its end. */
void exif_drop_thumbnail(PhotoBlock *exif);

/* Sets whatever of PixelXDimension, PixelYDimension, ImageWidth and ImageLength is there. */
void exif_set_size(PhotoBlock *exif, int width, int height);

/* The same two for XMP. */
void xmp_set_upright(PhotoBlock *xmp);
void xmp_set_size(PhotoBlock *xmp, int width, int height);

#endif
