/* JPEG through libjpeg-turbo. Its errors leave by longjmp, never out of this file. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "core/error.h"
#include "data/image_codecs.h"

typedef struct JpegReader {
    struct jpeg_error_mgr errors; /* first: libjpeg hands its address to the handlers */
    struct jpeg_decompress_struct jpeg;
    jmp_buf leave;
    const Encoded *encoded;
    DecodeWhat what;
    Decoded *decoded;
    struct jpeg_progress_mgr progress;
    char reason[JMSG_LENGTH_MAX]; /* "" if the error is recorded already */
} JpegReader;

static void note_reason(j_common_ptr jpeg)
{
    JpegReader *r = (JpegReader *)jpeg->err;
    jpeg->err->format_message(jpeg, r->reason);
    longjmp(r->leave, 1);
}

/* libjpeg fills what is missing with gray and only warns. A damaged picture must not become
 * training data or a measured result, so warnings about lost data end the reading. */
static void judge_message(j_common_ptr jpeg, int level)
{
    if (level >= 0)
        return;
    switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
        note_reason(jpeg);
    }
}

/* A small file may hold thousands of scans, each of which takes the time of a whole picture. */
static void count_scans(j_common_ptr jpeg)
{
    JpegReader *r = (JpegReader *)jpeg->err;
    if (r->jpeg.input_scan_number <= IMAGE_MOST_SCANS)
        return;
    snprintf(r->reason, sizeof r->reason, "more than %d scans", IMAGE_MOST_SCANS);
    longjmp(r->leave, 1);
}

static bool begins_with(jpeg_saved_marker_ptr marker, const char *text, size_t count)
{
    return marker->marker == JPEG_APP0 + 1 && marker->data_length > count &&
           memcmp(marker->data, text, count) == 0;
}

static void note_resolution(JpegReader *r)
{
    static const PhotoUnit UNITS[] = {PHOTO_UNIT_ASPECT, PHOTO_UNIT_INCH, PHOTO_UNIT_CENTIMETRE};
    PhotoNotes *notes = &r->decoded->notes;
    if (!r->jpeg.saw_JFIF_marker || r->jpeg.density_unit > 2 || !r->jpeg.X_density ||
        !r->jpeg.Y_density || (r->jpeg.density_unit == 0 && r->jpeg.X_density == r->jpeg.Y_density))
        return;
    notes->unit = UNITS[r->jpeg.density_unit];
    notes->x_resolution = r->jpeg.X_density;
    notes->y_resolution = r->jpeg.Y_density;
}

/* Of several EXIF markers the last one counts. Extended XMP, whose pieces follow in further
 * markers, is left out. */
static void note_markers(JpegReader *r)
{
    JOCTET *profile = NULL;
    unsigned bytes = 0;
    PhotoNotes *notes = &r->decoded->notes;
    for (jpeg_saved_marker_ptr m = r->jpeg.marker_list; m; m = m->next) {
        if (begins_with(m, JPEG_EXIF_MARK, 5)) {
            r->decoded->orientation = exif_orientation(m->data, m->data_length);
            block_free(&notes->exif);
            if (r->what == DECODE_EVERYTHING)
                block_keep(&notes->exif, m->data + 6, m->data_length - 6);
        } else if (r->what == DECODE_EVERYTHING &&
                   begins_with(m, JPEG_XMP_MARK, sizeof JPEG_XMP_MARK)) {
            block_keep(&notes->xmp, m->data + sizeof JPEG_XMP_MARK,
                       m->data_length - sizeof JPEG_XMP_MARK);
        }
    }
    if (jpeg_read_icc_profile(&r->jpeg, &profile, &bytes)) {
        block_keep(&notes->profile, profile, bytes);
        free(profile);
    }
    note_resolution(r);
}

static int read_header(JpegReader *r)
{
    jpeg_create_decompress(&r->jpeg);
    jpeg_mem_src(&r->jpeg, r->encoded->bytes, (unsigned long)r->encoded->count);
    jpeg_save_markers(&r->jpeg, JPEG_APP0 + 1, 0xFFFF);
    jpeg_save_markers(&r->jpeg, JPEG_APP0 + 2, 0xFFFF);
    r->progress.progress_monitor = count_scans;
    r->jpeg.progress = &r->progress;
    jpeg_read_header(&r->jpeg, TRUE);
    if (r->jpeg.jpeg_color_space == JCS_CMYK || r->jpeg.jpeg_color_space == JCS_YCCK)
        return error_set(ERROR_FORMAT, "%s: a CMYK JPEG, convert it to RGB first",
                         r->encoded->path);
    note_markers(r); /* finishing drops them */
    bool gray = r->jpeg.jpeg_color_space == JCS_GRAYSCALE;
    return decoded_prepare(r->decoded, r->encoded, r->jpeg.image_width, r->jpeg.image_height,
                           gray ? 1 : 3, 8, r->what);
}

static int read_jpeg(JpegReader *r)
{
    if (setjmp(r->leave))
        return -1;
    if (read_header(r) != 0)
        return -1;
    if (r->what == DECODE_HEADER)
        return 0;
    r->jpeg.out_color_space = r->decoded->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&r->jpeg);
    size_t stride = (size_t)r->decoded->width * (size_t)r->decoded->channels;
    while (r->jpeg.output_scanline < r->jpeg.output_height) {
        JSAMPROW row = (JSAMPROW)r->decoded->pixels + (size_t)r->jpeg.output_scanline * stride;
        jpeg_read_scanlines(&r->jpeg, &row, 1);
    }
    jpeg_finish_decompress(&r->jpeg);
    return 0;
}

int jpeg_decode(const Encoded *encoded, DecodeWhat what, Decoded *decoded)
{
    JpegReader r = {.encoded = encoded, .what = what, .decoded = decoded};
    r.jpeg.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = note_reason;
    r.errors.emit_message = judge_message;
    int result = read_jpeg(&r);
    jpeg_destroy_decompress(&r.jpeg);
    if (result != 0 && r.reason[0])
        return error_set(ERROR_FORMAT, "%s: damaged or truncated JPEG: %s", encoded->path,
                         r.reason);
    return result;
}
