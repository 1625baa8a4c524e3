/* Numbers and directories of a TIFF block in memory, as EXIF is one too; every access is checked.
 * TIFF 6.0, section 2. */
#ifndef DATA_TIFF_BLOCK_H
#define DATA_TIFF_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct TiffBlock {
    const uint8_t *bytes;
    size_t count;
    bool big_endian;
    uint32_t directory; /* where the first one lies; may be beyond the end */
} TiffBlock;

enum { TIFF_TYPE_ASCII = 2, TIFF_TYPE_SHORT = 3, TIFF_TYPE_LONG = 4, TIFF_TYPE_IFD = 13 };

/* False if the bytes are no TIFF block. */
bool tiff_open(TiffBlock *block, const uint8_t *bytes, size_t count);

/* The unsigned integer of `size` bytes, 1 to 4, at `at`; false if it is not all inside. */
bool tiff_number(const TiffBlock *block, size_t at, size_t size, uint32_t *value);

/* Where the first entry (12 bytes, all inside) with that tag lies in a directory; 0 if there is
 * none. */
size_t tiff_find(const TiffBlock *block, uint32_t directory, uint32_t tag);

/* The value of an entry that is one SHORT, LONG or offset of a directory. */
bool tiff_value(const TiffBlock *block, uint32_t directory, uint32_t tag, uint32_t *value);

/* Whether the directory's entries are all inside. */
bool tiff_has_directory(const TiffBlock *block, uint32_t directory);

/* The bytes of an entry that is text, perhaps without a zero at its end; NULL if there is none. */
const uint8_t *tiff_text(const TiffBlock *block, uint32_t directory, uint32_t tag, size_t *count);

#endif
