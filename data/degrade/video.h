/* One generation of H.264 video (libavcodec with libx264, loaded at the first use). */
#ifndef DATA_DEGRADE_VIDEO_H
#define DATA_DEGRADE_VIDEO_H

/* "libavcodec 59.37.100", or NULL without an error if the program was built without it. */
const char *video_version(void);

#endif
