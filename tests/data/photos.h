/* What picture files say about themselves, made for tests, and photos to write and compare. */
#ifndef TESTS_DATA_PHOTOS_H
#define TESTS_DATA_PHOTOS_H

#include "data/photo.h"

/* An ICC profile with the primaries of Adobe RGB (1998), or gray, of the given gamma. */
PhotoBlock picture_profile(bool gray, double gamma);

/* An EXIF block with Make, an orientation, an exposure time of 1/160, a maker's note of 24 bytes,
 * latitude, extents of 64 x 48 and, at its end, a thumbnail of 100 bytes of 0xAB. */
PhotoBlock picture_whole_exif(int orientation, bool big_endian);

/* An XMP packet with a title, an orientation and extents of 64 x 48. */
PhotoBlock picture_xmp(int orientation);

/* All of that with 300 pixels an inch. photo_notes_free. */
PhotoNotes picture_notes(const PhotoHeader *header, int orientation, bool big_endian);

/* The one number that an EXIF block says, in its first directory or in the one that `parent` points
 * to (0: the first); 0 if it does not. */
uint32_t picture_exif_value(const PhotoBlock *exif, uint32_t parent, uint32_t tag);

/* Samples of which each differs from its neighbours, of 16 bits in both bytes. The caller frees. */
uint8_t *picture_samples(const PhotoHeader *header);
size_t picture_sample_bytes(const PhotoHeader *header);

/* Writes the samples in several pieces, checking that the file appears only at the end. */
void picture_write(const char *path, PhotoFormat format, const PhotoHeader *header,
                   const PhotoSettings *settings, const uint8_t *samples);

#endif
