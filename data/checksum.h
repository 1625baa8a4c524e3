/* The checksums that HDF5 appends to each chunk and TensorBoard to each record. */
#ifndef DATA_CHECKSUM_H
#define DATA_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Fletcher-32 over big-endian 16-bit words (an odd last byte is a high half), as HDF5's filter
 * computes it: sums in ones' complement, so a sum that is not zero never becomes zero. */
uint32_t checksum_fletcher32(const uint8_t *bytes, size_t count);

/* CRC-32C: Castagnoli's polynomial 0x1edc6f41, bits reflected, inverted before and after
 * (RFC 3720, appendix B.4). */
uint32_t checksum_crc32c(const uint8_t *bytes, size_t count);

#endif
