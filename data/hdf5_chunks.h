/* Where a dataset's chunks lie in its file, so that threads can read them without HDF5. */
#ifndef DATA_HDF5_CHUNKS_H
#define DATA_HDF5_CHUNKS_H

#include <hdf5.h>
#include <stdint.h>

/* The byte offset of every chunk of a dataset whose chunks each hold one index of the first
 * dimension and all of the others.
 *   file         descriptor of the dataset's file, open for reading
 *   rows         the dataset's first extent
 *   chunk_bytes  what every chunk must occupy, its checksum included
 *   addresses    rows offsets, each with chunk_bytes inside the file
 * ERROR_FORMAT if a chunk is absent, of another size or stored without its filters. */
int hdf5_chunk_addresses(hid_t dataset, int file, int64_t rows, uint64_t chunk_bytes,
                         uint64_t *addresses);

#endif
