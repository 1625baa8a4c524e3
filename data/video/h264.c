/* The video library: a few frames through libavcodec's H.264 encoder (libx264) and its decoder,
 * single-threaded. */
#include "data/video/library.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <string.h>

static const VideoHost *host;

typedef struct Job {
    const VideoFrame *frames;
    int count, taken; /* frames, and how many came back decoded */
    AVCodecContext *encoder, *decoder;
    AVFrame *frame;
    AVPacket *packet;
} Job;

static int fail(const char *what, int code)
{
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    return host->error_set(ERROR_SHAPE, "video: %s: %s", what, reason);
}

/* No lookahead and no B frames; a P frame stays one where the picture changed a lot; and no
 * algorithm is chosen by the processor's abilities. */
static int open_encoder(Job *job, int crf)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    AVCodecContext *c = job->encoder = avcodec_alloc_context3(codec);
    if (!c)
        return fail("libx264", AVERROR(ENOMEM));
    c->width = job->frames->width;
    c->height = job->frames->height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->color_range = AVCOL_RANGE_MPEG;
    c->colorspace = AVCOL_SPC_SMPTE170M;
    c->time_base = (AVRational){1, 25};
    c->thread_count = 1;
    c->max_b_frames = 0;
    char rate[16];
    snprintf(rate, sizeof rate, "%d", crf);
    av_opt_set(c->priv_data, "crf", rate, 0);
    av_opt_set(c->priv_data, "preset", "medium", 0);
    av_opt_set(c->priv_data, "x264-params",
               "scenecut=0:rc-lookahead=0:sync-lookahead=0:mbtree=0:cpu-independent=1", 0);
    int code = avcodec_open2(c, codec, NULL);
    return code < 0 ? fail("the H.264 encoder refused", code) : 0;
}

static int open_decoder(Job *job)
{
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
    AVCodecContext *c = job->decoder = avcodec_alloc_context3(codec);
    if (!c)
        return fail("the H.264 decoder", AVERROR(ENOMEM));
    c->thread_count = 1;
    int code = avcodec_open2(c, codec, NULL);
    return code < 0 ? fail("the H.264 decoder refused", code) : 0;
}

static int extent(int whole, int plane)
{
    return plane == 0 ? whole : whole / 2;
}

static int send_frame(Job *job, int index)
{
    AVFrame *f = job->frame;
    const VideoFrame *from = &job->frames[index];
    f->format = AV_PIX_FMT_YUV420P;
    f->width = from->width;
    f->height = from->height;
    int code = av_frame_get_buffer(f, 0);
    if (code < 0)
        return fail("a frame", code);
    for (int p = 0; p < 3; p++)
        for (int y = 0, width = extent(from->width, p); y < extent(from->height, p); y++)
            memcpy(f->data[p] + (ptrdiff_t)y * f->linesize[p],
                   from->planes[p] + (size_t)y * (size_t)width, (size_t)width);
    f->pts = index;
    code = avcodec_send_frame(job->encoder, f);
    av_frame_unref(f);
    return code < 0 ? fail("encoding", code) : 0;
}

static void take_frame(Job *job)
{
    const VideoFrame *to = &job->frames[job->count - 1];
    const AVFrame *f = job->frame;
    if (f->width != to->width || f->height != to->height || f->format != AV_PIX_FMT_YUV420P)
        return;
    if (++job->taken < job->count)
        return;
    for (int p = 0; p < 3; p++)
        for (int y = 0, width = extent(to->width, p); y < extent(to->height, p); y++)
            memcpy(to->planes[p] + (size_t)y * (size_t)width,
                   f->data[p] + (ptrdiff_t)y * f->linesize[p], (size_t)width);
}

/* NULL at the end of the stream. */
static int decode(Job *job, const AVPacket *packet)
{
    int code = avcodec_send_packet(job->decoder, packet);
    if (code < 0)
        return fail("decoding", code);
    while (avcodec_receive_frame(job->decoder, job->frame) == 0)
        take_frame(job);
    return 0;
}

static int run(Job *job)
{
    for (int i = 0; i < job->count; i++)
        if (send_frame(job, i) != 0)
            return -1;
    avcodec_send_frame(job->encoder, NULL);
    while (avcodec_receive_packet(job->encoder, job->packet) == 0) {
        int result = decode(job, job->packet);
        av_packet_unref(job->packet);
        if (result != 0)
            return -1;
    }
    if (decode(job, NULL) != 0)
        return -1;
    return job->taken == job->count ? 0 : fail("a frame was lost", AVERROR_INVALIDDATA);
}

static int recode(const VideoFrame *frames, int count, int crf)
{
    Job job = {.frames = frames, .count = count};
    job.frame = av_frame_alloc();
    job.packet = av_packet_alloc();
    int result = job.frame && job.packet ? open_encoder(&job, crf) : fail("", AVERROR(ENOMEM));
    if (result == 0)
        result = open_decoder(&job);
    if (result == 0)
        result = run(&job);
    avcodec_free_context(&job.encoder);
    avcodec_free_context(&job.decoder);
    av_packet_free(&job.packet);
    av_frame_free(&job.frame);
    return result;
}

static int check(void)
{
    if (avcodec_find_encoder_by_name("libx264") && avcodec_find_decoder(AV_CODEC_ID_H264))
        return 0;
    return host->error_set(
        ERROR_CONFIG, "video needs an H.264 encoder: this libavcodec is built without libx264");
}

const VideoLibrary *video_library(const VideoHost *lent)
{
    static char version[64];
    static const VideoLibrary LIBRARY = {version, check, recode};
    unsigned v = avcodec_version();
    snprintf(version, sizeof version, "libavcodec %u.%u.%u", v >> 16, v >> 8 & 255, v & 255);
    host = lent;
    av_log_set_level(AV_LOG_QUIET);
    return &LIBRARY;
}
