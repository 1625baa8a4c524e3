/* One JPEG generation in memory through libjpeg-turbo: baseline, the standard's Huffman tables, the
 * exact integer DCT both ways and smooth ("fancy") chroma upsampling, as most decoders have it. Its
 * errors leave by longjmp, never out of this file. */
#include "data/degrade/operations.h"

#include <setjmp.h>
#include <stdio.h>
/* After stdio.h, which it needs. */
#include <jpeglib.h>

#include "core/error.h"
#include "core/vector.h"

typedef struct JpegValues {
    int quality, chroma;
} JpegValues;

/* libjpeg-turbo takes pixels of four bytes too, which vector loops pack and unpack three times as
 * fast as three bytes. As a number a pixel is red + 256 green + 65536 blue. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const J_COLOR_SPACE PIXEL = JCS_EXT_RGBX;
#else
static const J_COLOR_SPACE PIXEL = JCS_EXT_XBGR;
#endif

/* How many luma samples a chroma sample covers. */
static const struct {
    int across, down;
} CHROMA[] = {{2, 2}, {2, 1}, {1, 1}};

static const Parameter PARAMETERS[] = {
    {"quality", PARAMETER_INTEGER, offsetof(JpegValues, quality), "75", 1, 100, NULL, NULL,
     "libjpeg's quality; half of the pictures on the web are between 70 and 90"},
    {"chroma", PARAMETER_CHOICE, offsetof(JpegValues, chroma), "\"420\"", 0, 2, "420|422|444", NULL,
     "how colour is sampled: halved both ways, halved across, whole"},
    {0},
};

typedef struct Jpeg {
    struct jpeg_error_mgr errors; /* first: libjpeg hands its address to the handlers */
    struct jpeg_compress_struct out;
    struct jpeg_decompress_struct in;
    jmp_buf leave;
    JSAMPARRAY rows; /* of pixels, read and written in place */
    unsigned char *coded;
    unsigned long bytes; /* room in coded, then what is used of it */
} Jpeg;

static void note_reason(j_common_ptr jpeg)
{
    char reason[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, reason);
    error_set(ERROR_SHAPE, "jpeg: %s", reason);
    longjmp(((Jpeg *)jpeg->err)->leave, 1);
}

static void stay_silent(j_common_ptr jpeg)
{
    (void)jpeg;
}

static void encode(Jpeg *j, const JpegValues *v, const Picture *picture)
{
    j->out.image_width = (JDIMENSION)picture->width;
    j->out.image_height = (JDIMENSION)picture->height;
    j->out.input_components = 4;
    j->out.in_color_space = PIXEL;
    jpeg_set_defaults(&j->out);
    jpeg_set_quality(&j->out, v->quality, TRUE);
    j->out.dct_method = JDCT_ISLOW;
    j->out.comp_info[0].h_samp_factor = CHROMA[v->chroma].across;
    j->out.comp_info[0].v_samp_factor = CHROMA[v->chroma].down;
    jpeg_mem_dest(&j->out, &j->coded, &j->bytes);
    jpeg_start_compress(&j->out, TRUE);
    while (j->out.next_scanline < j->out.image_height)
        jpeg_write_scanlines(&j->out, j->rows + j->out.next_scanline,
                             j->out.image_height - j->out.next_scanline);
    jpeg_finish_compress(&j->out);
}

static void decode(Jpeg *j)
{
    jpeg_mem_src(&j->in, j->coded, j->bytes);
    jpeg_read_header(&j->in, TRUE);
    j->in.out_color_space = PIXEL;
    j->in.dct_method = JDCT_ISLOW;
    j->in.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&j->in);
    while (j->in.output_scanline < j->in.output_height)
        jpeg_read_scanlines(&j->in, j->rows + j->in.output_scanline,
                            j->in.output_height - j->in.output_scanline);
    jpeg_finish_decompress(&j->in);
}

static int recode(Jpeg *j, const JpegValues *v, const Picture *picture)
{
    if (setjmp(j->leave))
        return -1;
    encode(j, v, picture);
    decode(j);
    return 0;
}

/* What no JPEG of these extents exceeds (libjpeg-turbo's tjBufSize): libjpeg then never asks for a
 * larger buffer. */
static size_t most_bytes(const Picture *picture, int chroma)
{
    size_t across = ((size_t)picture->width + 15) / 16 * 16;
    size_t down = ((size_t)picture->height + 15) / 16 * 16;
    size_t luma_a_chroma = (size_t)(CHROMA[chroma].across * CHROMA[chroma].down);
    return across * down * (2 + 4 / luma_a_chroma) + 2048;
}

/* `most` is 255, which the compiler must not know: it would make branches of the comparisons. */
static uint32_t level(float v, float most)
{
    float clipped = v > 0 ? v : 0; /* NAN too */
    clipped = clipped < most ? clipped : most;
    return (uint32_t)(int)(clipped + 0.5f);
}

FOR_EVERY_PROCESSOR
static void pack(const float *restrict r, const float *restrict g, const float *restrict b,
                 size_t count, float most, uint32_t *restrict pixels)
{
    for (size_t i = 0; i < count; i++)
        pixels[i] = level(r[i], most) | level(g[i], most) << 8 | level(b[i], most) << 16;
}

FOR_EVERY_PROCESSOR
static void unpack(const uint32_t *restrict pixels, size_t count, float *restrict r,
                   float *restrict g, float *restrict b)
{
    for (size_t i = 0; i < count; i++) {
        r[i] = (float)(int)(pixels[i] & 255);
        g[i] = (float)(int)(pixels[i] >> 8 & 255);
        b[i] = (float)(int)(pixels[i] >> 16 & 255);
    }
}

static JSAMPARRAY take_rows(Workspace *work, const Picture *picture, uint32_t *pixels)
{
    JSAMPARRAY rows = workspace_take(work, (size_t)picture->height, sizeof *rows);
    for (size_t y = 0; y < (size_t)picture->height; y++)
        rows[y] = (JSAMPROW)(pixels + y * (size_t)picture->width);
    return rows;
}

static int apply(const void *values, const Situation *situation, Workspace *work, Picture *picture)
{
    (void)situation;
    const JpegValues *v = values;
    size_t count = picture_pixels(picture);
    uint32_t *pixels = workspace_take(work, count, sizeof *pixels);
    Jpeg j = {.bytes = most_bytes(picture, v->chroma), .rows = take_rows(work, picture, pixels)};
    j.coded = workspace_take(work, j.bytes, 1);
    j.out.err = j.in.err = jpeg_std_error(&j.errors);
    j.errors.error_exit = note_reason;
    j.errors.output_message = stay_silent;
    jpeg_create_compress(&j.out);
    jpeg_create_decompress(&j.in);
    float *const *planes = picture->planes;
    pack(planes[0], planes[1], planes[2], count, 255, pixels);
    int result = recode(&j, v, picture);
    if (result == 0)
        unpack(pixels, count, planes[0], planes[1], planes[2]);
    jpeg_destroy_compress(&j.out);
    jpeg_destroy_decompress(&j.in);
    return result;
}

const Operation JPEG_OPERATION = {
    .name = "jpeg",
    .help = "one JPEG generation; rounds to 8 bits",
    .parameters = PARAMETERS,
    .bytes = sizeof(JpegValues),
    .apply = apply,
};
