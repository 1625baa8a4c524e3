/* Models for the tests of the C library, and pictures. */
#ifndef TESTS_LIBRARY_MODELS_H
#define TESTS_LIBRARY_MODELS_H

#include "library/unmush.h"

enum { MODELS = 4 };

/* The most threads of a call: ThreadSanitizer does not see how OpenMP's wait for one another. */
#if defined(__SANITIZE_THREAD__)
enum { MOST_THREADS = 1 };
#else
enum { MOST_THREADS = 2 };
#endif

/* The file of a small network with its initial weights, 0..MODELS-1: each is another network.
 * Valid for the whole run. */
const char *model_file(int index);

/* One of them, opened with `threads`; NULL was counted as a failure. */
unmush_model *model_opened(int index, int threads);

/* A picture with something in every channel, in memory that the caller frees; `to` of
 * `scale` times its extents is zeroed. */
unmush_pixels picture_made(int width, int height, int channels, int type, int seed);
unmush_pixels picture_room(const unmush_pixels *from, int scale, int type);

/* How many threads loops of this thread's program have, where libgomp is loaded; 0: it is not. */
int openmp_threads(void);
void openmp_set_threads(int count); /* nothing where it is not loaded */

#endif
