/* Pictures for the losses of pictures. */
#ifndef TESTS_LOSSES_IMAGES_H
#define TESTS_LOSSES_IMAGES_H

#include "data/image.h"
#include "differences.h"

/* A procedural picture; the same with independent noise of this many levels, or blurred. */
Image test_image(int width, int height, uint32_t index);
Image test_image_noisy(const Image *image, double sigma);
Image test_image_blurred(const Image *image, double sigma);

/* (1,3,H,W) in 0..1, in the innermost scope. */
Tensor *image_tensor(const Image *image);

/* A loss of pictures in front of its other settings. */
typedef Tensor *(*LossOfPair)(Tensor *sr, Tensor *hr, double share);

/* The gradient in double precision towards (1,C,H,W) random values against finite differences. */
void check_pair_gradient(LossOfPair loss, int channels, int height, int width);

/* The loss and gradient of a batch of 4 are what its halves add up to, each with share 1/2; equal
 * pictures cost nothing and pull nowhere. For losses without statistics of the whole batch. */
void check_shares(LossOfPair loss, int edge);
void check_equal_pictures(LossOfPair loss, int edge);

#endif
