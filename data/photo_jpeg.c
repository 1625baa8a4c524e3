/* JPEG through libjpeg-turbo. Its errors leave by longjmp, never out of this file. Huffman tables
 * are the standard's and the scan is one: better ones would need the whole picture in memory. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/image_codecs.h"
#include "data/photo_codecs.h"

enum { MOST_MARKER = 65533, FULL_CHROMA_QUALITY = 90 };

typedef struct JpegState {
    struct jpeg_error_mgr errors; /* first: libjpeg hands its address to the handlers */
    struct jpeg_compress_struct jpeg;
    jmp_buf leave;
    bool stream_failed;
    char reason[JMSG_LENGTH_MAX];
} JpegState;

static void note_reason(j_common_ptr jpeg)
{
    JpegState *s = (JpegState *)jpeg->err;
    jpeg->err->format_message(jpeg, s->reason);
    s->stream_failed = jpeg->err->msg_code == JERR_FILE_WRITE;
    longjmp(s->leave, 1);
}

static void ignore_message(j_common_ptr jpeg, int level)
{
    (void)jpeg, (void)level;
}

/* After a jump. What the stream says is in errno. */
static int fail(const PhotoWriter *w)
{
    const JpegState *s = w->state;
    return s->stream_failed ? -1 : error_set(ERROR_FILE, "%s: libjpeg: %s", w->name, s->reason);
}

static void set_sampling(const PhotoWriter *w, j_compress_ptr jpeg)
{
    const PhotoSettings *settings = &w->settings;
    bool full =
        settings->chroma == PHOTO_CHROMA_FULL ||
        (settings->chroma == PHOTO_CHROMA_BY_QUALITY && settings->quality >= FULL_CHROMA_QUALITY);
    if (full)
        jpeg->comp_info[0].h_samp_factor = jpeg->comp_info[0].v_samp_factor = 1;
}

/* JFIF's densities are whole numbers of 16 bits. */
static UINT16 density(double value)
{
    return (UINT16)(value < 1 ? 1 : value > UINT16_MAX ? UINT16_MAX : value + 0.5);
}

static void set_resolution(const PhotoNotes *notes, j_compress_ptr jpeg)
{
    double x = notes->x_resolution, y = notes->y_resolution;
    bool centimetre = notes->unit == PHOTO_UNIT_CENTIMETRE;
    if (notes->unit != PHOTO_UNIT_ASPECT &&
        !photo_resolution(notes, centimetre ? notes->unit : PHOTO_UNIT_INCH, &x, &y))
        return;
    jpeg->density_unit = (UINT8)(notes->unit == PHOTO_UNIT_ASPECT ? 0 : centimetre ? 2 : 1);
    jpeg->X_density = density(x);
    jpeg->Y_density = density(y);
}

static void write_note(j_compress_ptr jpeg, const char *mark, size_t mark_bytes,
                       const PhotoBlock *note)
{
    if (!note->bytes)
        return;
    jpeg_write_m_header(jpeg, JPEG_APP0 + 1, (unsigned)(mark_bytes + note->count));
    for (size_t i = 0; i < mark_bytes; i++)
        jpeg_write_m_byte(jpeg, mark[i]);
    for (size_t i = 0; i < note->count; i++)
        jpeg_write_m_byte(jpeg, note->bytes[i]);
}

static int write_header(PhotoWriter *w)
{
    JpegState *s = w->state;
    const PhotoHeader *h = &w->header;
    if (setjmp(s->leave))
        return fail(w);
    jpeg_create_compress(&s->jpeg);
    jpeg_stdio_dest(&s->jpeg, w->stream);
    s->jpeg.image_width = (JDIMENSION)h->width;
    s->jpeg.image_height = (JDIMENSION)h->height;
    s->jpeg.input_components = h->channels;
    s->jpeg.in_color_space = h->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&s->jpeg);
    jpeg_set_quality(&s->jpeg, w->settings.quality, TRUE);
    if (h->channels == 3)
        set_sampling(w, &s->jpeg);
    set_resolution(&h->notes, &s->jpeg);
    jpeg_start_compress(&s->jpeg, TRUE);
    write_note(&s->jpeg, JPEG_EXIF_MARK, sizeof JPEG_EXIF_MARK, &h->notes.exif);
    write_note(&s->jpeg, JPEG_XMP_MARK, sizeof JPEG_XMP_MARK, &h->notes.xmp);
    if (h->notes.profile.bytes)
        jpeg_write_icc_profile(&s->jpeg, h->notes.profile.bytes, (unsigned)h->notes.profile.count);
    return 0;
}

static int jpeg_begin(PhotoWriter *w)
{
    JpegState *s = w->state = memory_new(sizeof *s);
    s->jpeg.err = jpeg_std_error(&s->errors);
    s->errors.error_exit = note_reason;
    s->errors.emit_message = ignore_message;
    return write_header(w);
}

static int jpeg_rows(PhotoWriter *w, const uint8_t *rows, int count)
{
    JpegState *s = w->state;
    if (setjmp(s->leave))
        return fail(w);
    for (int y = 0; y < count; y++) {
        JSAMPROW row = (JSAMPROW)rows + (size_t)y * photo_stride(&w->header);
        jpeg_write_scanlines(&s->jpeg, &row, 1);
    }
    return 0;
}

static int jpeg_end(PhotoWriter *w)
{
    JpegState *s = w->state;
    if (setjmp(s->leave))
        return fail(w);
    jpeg_finish_compress(&s->jpeg);
    return 0;
}

static void jpeg_free_state(PhotoWriter *w)
{
    JpegState *s = w->state;
    jpeg_destroy_compress(&s->jpeg);
    free(s);
}

const PhotoCodec PHOTO_CODEC_JPEG = {.name = "JPEG",
                                     .extensions = {"jpg", "jpeg", "jpe", "jfif"},
                                     .most_edge = JPEG_MAX_DIMENSION,
                                     .gray = true,
                                     .most_exif = MOST_MARKER - sizeof JPEG_EXIF_MARK,
                                     .most_xmp = MOST_MARKER - sizeof JPEG_XMP_MARK,
                                     .begin = jpeg_begin,
                                     .rows = jpeg_rows,
                                     .end = jpeg_end,
                                     .free = jpeg_free_state};
