/* Pictures as video holds them: 8-bit luma and halved chroma, BT.601 in studio range (luma 16..235,
 * chroma 16..240), a chroma sample in the middle of its four pixels. */
#ifndef DATA_DEGRADE_YUV_H
#define DATA_DEGRADE_YUV_H

#include "data/picture.h"
#include "data/video/library.h"
#include "data/workspace.h"

/* An uninitialised frame in the workspace. */
VideoFrame yuv_take(Workspace *work, int width, int height);

/* A picture of 0..255 whose extents are the frame's. Chroma is the mean of four pixels. */
void yuv_from_picture(Workspace *work, const Picture *picture, const VideoFrame *frame);

/* The frame's top left part of the picture's extents. Chroma is interpolated linearly; the result
 * is rounded to 8 bits. */
void yuv_to_picture(Workspace *work, const VideoFrame *frame, const Picture *picture);

#endif
