#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "core/error.h"
#include "data/image_codecs.h"

/* Some programs put JPEG's mark before the block. */
static void keep_exif(PhotoBlock *block, const uint8_t *bytes, size_t count)
{
    bool marked = count >= 6 && memcmp(bytes, "Exif\0", 6) == 0;
    block_keep(block, bytes + (marked ? 6 : 0), count - (marked ? 6 : 0));
}

/* Colour profile and orientation, from the chunks around the picture. EXIF lies behind it: with the
 * beginning of a file alone that cannot be told, and is an error. */
static int note_chunks(const Encoded *encoded, DecodeWhat what, Decoded *decoded)
{
    WebPDemuxState state;
    WebPChunkIterator chunk;
    WebPData data = {encoded->bytes, encoded->count};
    WebPDemuxer *demuxer = WebPDemuxPartial(&data, &state);
    if (!demuxer)
        return 0; /* the decoder will say why */
    uint32_t flags = WebPDemuxGetI(demuxer, WEBP_FF_FORMAT_FLAGS);
    int result = 0;
    if (state != WEBP_DEMUX_DONE && flags & EXIF_FLAG)
        result = error_set(ERROR_FORMAT, "%s: truncated WebP", encoded->path);
    if (result == 0 && flags & ICCP_FLAG && WebPDemuxGetChunk(demuxer, "ICCP", 1, &chunk)) {
        block_keep(&decoded->notes.profile, chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    if (result == 0 && flags & EXIF_FLAG && WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        decoded->orientation = exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
        if (what == DECODE_EVERYTHING)
            keep_exif(&decoded->notes.exif, chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    if (result == 0 && what == DECODE_EVERYTHING && flags & XMP_FLAG &&
        WebPDemuxGetChunk(demuxer, "XMP ", 1, &chunk)) {
        block_keep(&decoded->notes.xmp, chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    WebPDemuxDelete(demuxer);
    return result;
}

int webp_decode(const Encoded *encoded, DecodeWhat what, Decoded *decoded)
{
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(encoded->bytes, encoded->count, &features) != VP8_STATUS_OK)
        return error_set(ERROR_FORMAT, "%s: damaged or truncated WebP", encoded->path);
    if (features.has_animation)
        return error_set(ERROR_FORMAT, "%s: an animated WebP, only still ones are read",
                         encoded->path);
    int channels = features.has_alpha ? 4 : 3;
    if (note_chunks(encoded, what, decoded) != 0 ||
        decoded_prepare(decoded, encoded, (uint64_t)features.width, (uint64_t)features.height,
                        channels, 8, what) != 0)
        return -1;
    if (what == DECODE_HEADER)
        return 0;
    size_t stride = (size_t)decoded->width * (size_t)channels;
    size_t bytes = stride * (size_t)decoded->height;
    const uint8_t *done = channels == 4 ? WebPDecodeRGBAInto(encoded->bytes, encoded->count,
                                                             decoded->pixels, bytes, (int)stride)
                                        : WebPDecodeRGBInto(encoded->bytes, encoded->count,
                                                            decoded->pixels, bytes, (int)stride);
    if (!done)
        return error_set(ERROR_FORMAT, "%s: damaged or truncated WebP", encoded->path);
    return 0;
}
