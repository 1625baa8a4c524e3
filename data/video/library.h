/* What the video library shows to the program: H.264 through libavcodec. */
#ifndef DATA_VIDEO_LIBRARY_H
#define DATA_VIDEO_LIBRARY_H

#include <stdint.h>

#include "core/error.h"

/* 8-bit luma of width x height and two chroma planes of half that, rows contiguous; extents are
 * even. */
typedef struct VideoFrame {
    int width, height;
    uint8_t *planes[3];
} VideoFrame;

typedef struct VideoLibrary {
    const char *version; /* "libavcodec 59.37.100" */
    /* Whether there is an H.264 encoder. -1 with ERROR_CONFIG. */
    int (*check)(void);
    /* Encodes the frames, the first as I and the others as P, decodes them, and puts the last one
     * into its place. crf 0..51. The same bits on every processor. -1 with ERROR_SHAPE. */
    int (*recode)(const VideoFrame *frames, int count, int crf);
} VideoLibrary;

/* What the program lends to the library. */
typedef struct VideoHost {
    int (*error_set)(ErrorCode code, const char *format, ...) __attribute__((format(printf, 2, 3)));
} VideoHost;

#define VIDEO_LIBRARY_SYMBOL "video_library"
typedef const VideoLibrary *VideoLibraryFunction(const VideoHost *host);
VideoLibraryFunction video_library;

#endif
