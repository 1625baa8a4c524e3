/* Pictures for the tests of several rooms. */
#ifndef TESTS_PICTURES_H
#define TESTS_PICTURES_H

#include "data/image.h"

/* A procedural picture with edges, texture and flat ground. */
Image test_picture(int width, int height, uint32_t index);

/* The picture with independent normal noise of this strength, in 8 bits. */
Image test_noisy(const Image *image, double sigma);

/* The picture blurred by a Gaussian. */
Image test_blurred(const Image *image, double sigma);

#endif
