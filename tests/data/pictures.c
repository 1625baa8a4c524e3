#include "tests/data/pictures.h"

#include <stdio.h>
#include <webp/encode.h>

#include "tests/unit.h"

Image picture_gradient(int width, int height)
{
    Image image = image_new(width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *p = image.rgb + ((size_t)y * (size_t)width + (size_t)x) * 3;
            p[0] = (uint8_t)(255 * x / width);
            p[1] = (uint8_t)(255 * y / height);
            p[2] = (uint8_t)(127 * (x + y) / (width + height));
        }
    return image;
}

const char *picture_png(const char *name, int width, int height, int depth, int colour,
                        bool interlaced, const uint8_t *rows, size_t stride)
{
    const char *path = unit_scratch(name);
    FILE *stream = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, stream);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth, colour,
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_color palette[3] = {{10, 20, 30}, {40, 50, 60}, {250, 240, 230}};
    png_byte opacity[3] = {255, 0, 128};
    if (colour == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 3);
        png_set_tRNS(png, info, opacity, 3, NULL);
    }
    png_set_gAMA(png, info, 0.7);
    png_write_info(png, info);
    int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < height; y++)
            png_write_row(png, rows + (size_t)y * stride);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
    return path;
}

const char *picture_jpeg(const char *name, const uint8_t *rows, int width, int height,
                         J_COLOR_SPACE space, const uint8_t *exif, unsigned exif_bytes)
{
    const char *path = unit_scratch(name);
    FILE *stream = fopen(path, "wb");
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, stream);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = space == JCS_GRAYSCALE ? 1 : space == JCS_CMYK ? 4 : 3;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 98, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    if (exif)
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, exif_bytes);
    for (int y = 0; y < height; y++) {
        JSAMPROW row = (JSAMPROW)(rows + (size_t)y * (size_t)(width * jpeg.input_components));
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(stream);
    return path;
}

const char *picture_webp(const char *name, const Image *image, bool lossless)
{
    uint8_t *bytes = NULL;
    size_t count = lossless ? WebPEncodeLosslessRGB(image->rgb, image->width, image->height,
                                                    image->width * 3, &bytes)
                            : WebPEncodeRGB(image->rgb, image->width, image->height,
                                            image->width * 3, 95, &bytes);
    const char *path = unit_scratch(name);
    CHECK(count > 0 && file_write_whole(path, bytes, count) == 0);
    WebPFree(bytes);
    return path;
}

const char *picture_cut(const char *whole, const char *name, size_t percent)
{
    size_t count;
    uint8_t *bytes = file_read_whole(unit_scratch(whole), 1 << 24, &count);
    const char *shorter = unit_scratch(name);
    CHECK(file_write_whole(shorter, bytes, count * percent / 100) == 0);
    free(bytes);
    return shorter;
}

unsigned picture_exif(uint8_t *to, int orientation, bool big_endian)
{
    static const uint8_t BIG[] = {'E', 'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                                  1,   0x12, 0,   3,   0, 0, 0,   1,   0, 0,  0, 0, 0, 0, 0, 0};
    static const uint8_t LITTLE[] = {'E',  'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0,
                                     0x12, 1,   3,   0,   1, 0, 0,   0,   0,  0, 0, 0, 0, 0, 0, 0};
    memcpy(to, big_endian ? BIG : LITTLE, sizeof BIG);
    to[big_endian ? 25 : 24] = (uint8_t)orientation;
    return sizeof BIG;
}
