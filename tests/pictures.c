#include "tests/pictures.h"

#include "core/random.h"
#include "data/resample.h"
#include "data/synth.h"

Image test_picture(int width, int height, uint32_t index)
{
    return synth_picture(7, index, width, height);
}

Image test_noisy(const Image *image, double sigma)
{
    Random random = random_stream(1, RANDOM_TEST, 0, 0);
    Plane planes[3];
    for (int c = 0; c < 3; c++)
        planes[c] = image_channel(image, c);
    for (size_t i = 0; i < (size_t)image->width * (size_t)image->height; i++) {
        float noise = (float)(sigma * random_normal(&random));
        for (int c = 0; c < 3; c++)
            planes[c].values[i] += noise;
    }
    Image noisy = image_from_channels(planes);
    for (int c = 0; c < 3; c++)
        plane_free(&planes[c]);
    return noisy;
}

Image test_blurred(const Image *image, double sigma)
{
    Plane planes[3];
    for (int c = 0; c < 3; c++) {
        Plane sharp = image_channel(image, c);
        planes[c] = plane_gaussian(&sharp, sigma, (int)(4 * sigma + 0.5));
        plane_free(&sharp);
    }
    Image blurred = image_from_channels(planes);
    for (int c = 0; c < 3; c++)
        plane_free(&planes[c]);
    return blurred;
}
