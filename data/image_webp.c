#include <webp/decode.h>

#include "core/error.h"
#include "data/image_codecs.h"

int webp_decode(const Encoded *encoded, bool header_only, Image *image)
{
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(encoded->bytes, encoded->count, &features) != VP8_STATUS_OK)
        return error_set(ERROR_FORMAT, "%s: damaged or truncated WebP", encoded->path);
    if (features.has_animation)
        return error_set(ERROR_FORMAT, "%s: an animated WebP, only still ones are read",
                         encoded->path);
    if (image_prepare(encoded, (uint64_t)features.width, (uint64_t)features.height, header_only,
                      image) != 0)
        return -1;
    if (header_only)
        return 0;
    size_t stride = (size_t)image->width * 3;
    if (!WebPDecodeRGBInto(encoded->bytes, encoded->count, image->rgb,
                           stride * (size_t)image->height, (int)stride))
        return error_set(ERROR_FORMAT, "%s: damaged or truncated WebP", encoded->path);
    return 0;
}
