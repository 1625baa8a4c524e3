#include "data/image.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/vector.h"

static size_t pixel_count(int width, int height)
{
    return (size_t)width * (size_t)height;
}

Image image_new(int width, int height)
{
    return (Image){width, height, memory_array(pixel_count(width, height), 3)};
}

void image_free(Image *image)
{
    free(image->rgb);
    *image = (Image){0};
}

void image16_free(Image16 *image)
{
    free(image->rgb);
    *image = (Image16){0};
}

Plane plane_new(int width, int height)
{
    return (Plane){width, height, memory_array(pixel_count(width, height), sizeof(float))};
}

void plane_free(Plane *plane)
{
    free(plane->values);
    *plane = (Plane){0};
}

bool image_is_named_like_one(const char *path)
{
    static const char *const KNOWN[] = {"png", "jpg", "jpeg", "jpe", "jfif", "webp", "tif", "tiff"};
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (file_has_extension(path, KNOWN[i]))
            return true;
    return false;
}

int image_list(const char *path, FileList *list)
{
    if (!file_exists(path))
        return error_set(ERROR_FILE, "%s: no such file or folder", path);
    if (!file_is_directory(path)) {
        file_list_add(list, path);
        return 0;
    }
    FileList found = {0};
    int before = list->count, result = file_list(path, true, &found);
    for (int i = 0; result == 0 && i < found.count; i++)
        if (image_is_named_like_one(found.paths[i]))
            file_list_add(list, found.paths[i]);
    file_list_free(&found);
    if (result != 0)
        return -1;
    if (list->count == before)
        return error_set(ERROR_FILE, "%s: no PNG, JPEG, WebP or TIFF pictures in this folder",
                         path);
    return 0;
}

Image image_crop(const Image *image, int x, int y, int width, int height)
{
    Image part = image_new(width, height);
    size_t stride = (size_t)image->width * 3, row = (size_t)width * 3;
    const uint8_t *from = image->rgb + (size_t)y * stride + (size_t)x * 3;
    for (int j = 0; j < height; j++)
        memcpy(part.rgb + (size_t)j * row, from + (size_t)j * stride, row);
    return part;
}

Image image_copy(const Image *image)
{
    return image_crop(image, 0, 0, image->width, image->height);
}

FOR_EVERY_PROCESSOR
static void fill_luma(const uint8_t *rgb, size_t count, float *values)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = rgb + 3 * i;
        double y = 16 + (65.481 * p[0] + 128.553 * p[1] + 24.966 * p[2]) / 255;
        values[i] = (float)y;
    }
}

Plane image_luma(const Image *image)
{
    Plane plane = plane_new(image->width, image->height);
    fill_luma(image->rgb, pixel_count(image->width, image->height), plane.values);
    return plane;
}

Plane image_channel(const Image *image, int channel)
{
    Plane plane = plane_new(image->width, image->height);
    size_t count = pixel_count(image->width, image->height);
    for (size_t i = 0; i < count; i++)
        plane.values[i] = image->rgb[3 * i + (size_t)channel];
    return plane;
}

Image image_from_channels(const Plane planes[3])
{
    Image image = image_new(planes[0].width, planes[0].height);
    size_t count = pixel_count(image.width, image.height);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < 3; c++)
            image.rgb[3 * i + c] = image_level(planes[c].values[i]);
    return image;
}
