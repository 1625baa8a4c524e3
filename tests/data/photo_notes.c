/* What picture files say about themselves is kept, and stays true. */
#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "data/exif.h"
#include "data/image_codecs.h"
#include "tests/data/photos.h"
#include "tests/data/pictures.h"
#include "tests/unit.h"

enum { EXIF = 0x8769, GPS = 0x8825, MAKER_NOTE = 0x927C, LATITUDE = 0x0002, ORIENTATION = 0x0112 };

static bool block_is(const PhotoBlock *a, const PhotoBlock *b)
{
    return a->count == b->count && memcmp(a->bytes, b->bytes, a->count) == 0;
}

static bool holds(const PhotoBlock *block, const char *text)
{
    return memmem(block->bytes, block->count, text, strlen(text)) != NULL;
}

/* A format, and whether it keeps EXIF's bytes where they were. */
static void check_notes_survive(PhotoFormat format, int channels, bool big_endian)
{
    PhotoHeader h = {96, 72, channels, 8, {.unit = 0}};
    h.notes = picture_notes(&h, 1, big_endian);
    uint8_t *samples = picture_samples(&h);
    const char *path = unit_scratch("notes");
    picture_write(path, format, &h, &(PhotoSettings){0}, samples);
    Photo back;
    REQUIRE(photo_read(path, &back) == 0);
    const PhotoNotes *n = &back.header.notes;
    CHECK(block_is(&n->profile, &h.notes.profile));
    CHECK(picture_exif_value(&n->exif, 0, ORIENTATION) <= 1);
    CHECK(picture_exif_value(&n->exif, EXIF, 0xA002) == 96);
    CHECK(picture_exif_value(&n->exif, EXIF, 0xA003) == 72);
    CHECK(holds(&n->exif, "Canon") && holds(&n->exif, "the maker's own business"));
    CHECK(n->exif.bytes && (n->exif.bytes[0] == 'M') == big_endian);
    CHECK(holds(&n->xmp, "tiff:ImageWidth='96'") && holds(&n->xmp, "Dimension>72<"));
    CHECK(n->xmp.count == h.notes.xmp.count);
    if (format != PHOTO_WEBP) {
        CHECK(n->unit == (format == PHOTO_PNG ? PHOTO_UNIT_METRE : PHOTO_UNIT_INCH));
        CHECK_NEAR(n->x_resolution * (n->unit == PHOTO_UNIT_METRE ? 0.0254 : 1), 300, 0.01);
    }
    photo_free(&back);
    photo_notes_free(&h.notes);
    free(samples);
}

TEST(every_format_keeps_profile_exif_xmp_and_resolution)
{
    for (int format = PHOTO_PNG; format < PHOTO_FORMATS; format++)
        for (int big_endian = 0; big_endian < 2; big_endian++)
            check_notes_survive((PhotoFormat)format, 3, big_endian);
    check_notes_survive(PHOTO_PNG, 1, true);
    check_notes_survive(PHOTO_JPEG, 1, false);
    check_notes_survive(PHOTO_TIFF, 2, true);
}

TEST(a_tiff_holds_an_exif_block_at_its_beginning_so_that_makers_notes_stay_right)
{
    PhotoHeader h = {20, 10, 3, 8, {.unit = 0}};
    h.notes = picture_notes(&h, 1, true);
    uint8_t *samples = picture_samples(&h);
    const char *path = unit_scratch("exif.tif");
    picture_write(path, PHOTO_TIFF, &h, &(PhotoSettings){0}, samples);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 20, &count);
    exif_set_size(&h.notes.exif, 20, 10);
    CHECK(memcmp(bytes + 8, h.notes.exif.bytes + 8, h.notes.exif.count - 8) == 0);
    free(bytes);
    free(samples);
    photo_notes_free(&h.notes);
}

TEST(reading_drops_the_thumbnail_and_leaves_the_rest_of_exif_where_it_was)
{
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        PhotoHeader h = {30, 20, 3, 8, {.unit = 0}};
        h.notes.exif = picture_whole_exif(3, big_endian);
        uint8_t *samples = picture_samples(&h);
        const char *path = unit_scratch("thumbnail.png");
        picture_write(path, PHOTO_PNG, &h, &(PhotoSettings){0}, samples);
        Photo photo;
        REQUIRE(photo_read(path, &photo) == 0);
        const PhotoBlock *exif = &photo.header.notes.exif;
        CHECK(exif->count == h.notes.exif.count - 100);
        CHECK(!holds(exif, "\xAB\xAB"));
        CHECK(picture_exif_value(exif, 0, ORIENTATION) == 1);
        CHECK(memcmp(exif->bytes + 110, h.notes.exif.bytes + 110, 20) == 0); /* EXIF's directory */
        photo_free(&photo);
        photo_notes_free(&h.notes);
        free(samples);
    }
}

TEST(pixels_are_turned_upright_as_for_training_and_nothing_says_otherwise)
{
    Image stored = picture_gradient(48, 32);
    for (int o = 1; o <= 8; o++) {
        uint8_t app1[1000] = "Exif\0";
        PhotoBlock exif = picture_whole_exif(o, o % 2);
        memcpy(app1 + 6, exif.bytes, exif.count);
        const char *path =
            picture_jpeg("turn.jpg", stored.rgb, 48, 32, JCS_RGB, app1, (unsigned)exif.count + 6);
        Image image;
        Photo photo;
        REQUIRE(image_read(path, &image) == 0 && photo_read(path, &photo) == 0);
        CHECK(photo.header.width == (o < 5 ? 48 : 32) && photo.header.width == image.width);
        CHECK(memcmp(image.rgb, photo.pixels, 48 * 32 * 3) == 0);
        CHECK(picture_exif_value(&photo.header.notes.exif, 0, ORIENTATION) == 1);
        photo_free(&photo);
        image_free(&image);
        free(exif.bytes);
    }
    image_free(&stored);
}

/* exiftool writes XMP there, and ImageMagick EXIF. */
TEST(png_notes_behind_the_pixels_are_read_too)
{
    const char *path = unit_scratch("late.png");
    FILE *stream = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    uint8_t row[6] = {1, 2, 3, 4, 5, 6};
    png_init_io(png, stream);
    png_set_IHDR(png, info, 2, 1, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_write_row(png, row);
    PhotoBlock exif = picture_whole_exif(6, true), xmp = picture_xmp(6);
    uint8_t text[700] = "XML:com.adobe.xmp\0\0\0\0"; /* not compressed, of no language */
    memcpy(text + 22, xmp.bytes, xmp.count);
    png_write_chunk(png, (png_const_bytep) "eXIf", exif.bytes, exif.count);
    png_write_chunk(png, (png_const_bytep) "iTXt", text, 22 + xmp.count);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
    Photo photo;
    REQUIRE(photo_read(path, &photo) == 0);
    CHECK(photo.header.width == 1 && photo.header.height == 2);
    CHECK(holds(&photo.header.notes.exif, "Canon"));
    CHECK(holds(&photo.header.notes.xmp, "tiff:Orientation=\"1\""));
    photo_free(&photo);
    free(exif.bytes);
    free(xmp.bytes);
}

TEST(xmp_says_upright_and_its_new_extents_however_long_and_nothing_else_changes)
{
    const char *text =
        "tiff:Orientation='8' <tiff:Orientation>6</tiff:Orientation> tiff:Orientation "
        "tiff:ImageWidth=\"1\" exif:PixelXDimension=\"x\" 123";
    PhotoBlock xmp = {(uint8_t *)strdup(text), strlen(text)};
    xmp_set_upright(&xmp);
    xmp_set_size(&xmp, 1234567890, 5);
    const char *expected = "tiff:Orientation='1' <tiff:Orientation>1</tiff:Orientation> "
                           "tiff:Orientation tiff:ImageWidth=\"1234567890\" "
                           "exif:PixelXDimension=\"x\" 123";
    CHECK(xmp.count == strlen(expected) && memcmp(xmp.bytes, expected, xmp.count) == 0);
    free(xmp.bytes);
}

TEST(extents_above_65535_become_long_in_exif)
{
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        PhotoBlock exif = picture_whole_exif(1, big_endian);
        exif_set_size(&exif, 70000, 3);
        CHECK(picture_exif_value(&exif, 0, 0x0100) == 70000);
        CHECK(picture_exif_value(&exif, EXIF, 0xA002) == 70000);
        CHECK(picture_exif_value(&exif, EXIF, 0xA003) == 3);
        free(exif.bytes);
    }
}

/* AddressSanitizer sees what is written beside the block. */
TEST(damaged_exif_is_changed_only_inside_itself)
{
    Random random = random_stream(5, RANDOM_TEST, 0, 0);
    for (int round = 0; round < 4000; round++) {
        PhotoBlock whole = picture_whole_exif(1 + round % 8, round % 2);
        PhotoBlock exif = {NULL, round % 3 ? whole.count : random_below(&random, 411)};
        exif.bytes = malloc(exif.count ? exif.count : 1);
        memcpy(exif.bytes, whole.bytes, exif.count);
        for (int i = 0; exif.count > 4 && i < round % 5; i++)
            exif.bytes[4 + random_below(&random, (uint32_t)exif.count - 4)] =
                (uint8_t)random_word(&random);
        size_t before = exif.count;
        exif_set_upright(&exif);
        exif_drop_thumbnail(&exif);
        exif_set_size(&exif, 7, round * 100);
        CHECK(exif.count <= before);
        /* A block that ends inside the entry cannot be mended. */
        CHECK(!exif_is_whole(&exif) || exif.count < 50 ||
              exif_orientation(exif.bytes, exif.count) == 1);
        free(exif.bytes);
        free(whole.bytes);
    }
}

TEST(a_gray_picture_with_an_rgb_profile_becomes_rgb)
{
    PhotoHeader h = {9, 5, 1, 8, {.profile = picture_profile(false, 1.8)}};
    uint8_t *samples = picture_samples(&h);
    const char *path = unit_scratch("gray.jpg");
    picture_write(path, PHOTO_JPEG, &h, &(PhotoSettings){0}, samples);
    Photo photo;
    REQUIRE(photo_read(path, &photo) == 0);
    CHECK(photo.header.channels == 3 && block_is(&photo.header.notes.profile, &h.notes.profile));
    const uint8_t *p = photo.pixels;
    CHECK(p[0] == p[1] && p[1] == p[2]);
    photo_free(&photo);
    photo_notes_free(&h.notes);
    free(samples);
}

TEST(profiles_that_are_damaged_or_fit_no_channel_are_left_out)
{
    for (int kind = 0; kind < 3; kind++) {
        PhotoHeader h = {9, 5, 3, 8, {.profile = picture_profile(kind == 0, 1.8)}};
        if (kind == 1)
            h.notes.profile.bytes[0] = 0x7F; /* longer than it is */
        if (kind == 2)
            h.notes.profile.count = 100;
        uint8_t *samples = picture_samples(&h);
        const char *path = unit_scratch("profile.webp");
        picture_write(path, PHOTO_WEBP, &h, &(PhotoSettings){0}, samples);
        Photo photo;
        REQUIRE(photo_read(path, &photo) == 0);
        CHECK(photo.header.notes.profile.bytes == NULL && photo.header.channels == 3);
        photo_free(&photo);
        photo_notes_free(&h.notes);
        free(samples);
    }
}

TEST(png_keeps_what_it_says_of_its_colours_without_a_profile)
{
    static const PhotoColours COLOURS[] = {
        {.srgb = true, .intent = 2},
        {.gamma = 55555, .chromaticities = {31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000}},
        {.gamma = 100000}};
    for (size_t i = 0; i < 3; i++) {
        PhotoHeader h = {9, 5, 4, 16, {.colours = COLOURS[i]}};
        uint8_t *samples = picture_samples(&h);
        const char *path = unit_scratch("colours.png");
        picture_write(path, PHOTO_PNG, &h, &(PhotoSettings){0}, samples);
        Photo photo;
        REQUIRE(photo_read(path, &photo) == 0);
        const PhotoColours *back = &photo.header.notes.colours;
        CHECK(back->srgb == COLOURS[i].srgb && back->intent == COLOURS[i].intent);
        CHECK(back->gamma == COLOURS[i].gamma);
        CHECK(memcmp(back->chromaticities, COLOURS[i].chromaticities,
                     sizeof back->chromaticities) == 0);
        photo_free(&photo);
        free(samples);
    }
}

TEST(the_shape_of_pixels_is_kept_where_no_length_is_known)
{
    static const PhotoFormat FORMATS[] = {PHOTO_PNG, PHOTO_JPEG, PHOTO_TIFF};
    for (size_t i = 0; i < 3; i++) {
        PhotoHeader h = {
            9, 5, 3, 8, {.x_resolution = 10, .y_resolution = 11, .unit = PHOTO_UNIT_ASPECT}};
        uint8_t *samples = picture_samples(&h);
        const char *path = unit_scratch("shape");
        picture_write(path, FORMATS[i], &h, &(PhotoSettings){0}, samples);
        Photo photo;
        REQUIRE(photo_read(path, &photo) == 0);
        CHECK(photo.header.notes.unit == PHOTO_UNIT_ASPECT);
        CHECK_RELATIVE(photo.header.notes.y_resolution / photo.header.notes.x_resolution, 1.1,
                       1e-6);
        photo_free(&photo);
        free(samples);
    }
}

TEST(what_a_format_cannot_hold_is_said_and_left_out)
{
    char text[200];
    PhotoHeader h = {30, 20, 1, 8, {.colours = {.gamma = 100000}}};
    h.notes.profile = picture_profile(true, 1.8);
    h.notes.exif = (PhotoBlock){calloc(1, 70000), 70000};
    memcpy(h.notes.exif.bytes, "II*\0\x08\0\0\0", 8);
    h.notes.xmp = (PhotoBlock){calloc(1, 70000), 70000};
    memset(h.notes.xmp.bytes, ' ', 70000);
    photo_losses(PHOTO_JPEG, &h, text, sizeof text);
    CHECK(strcmp(text, "gamma and chromaticities, EXIF, XMP") == 0);
    photo_losses(PHOTO_WEBP, &h, text, sizeof text);
    CHECK(strcmp(text, "the gray colour profile, gamma and chromaticities") == 0);
    photo_losses(PHOTO_PNG, &h, text, sizeof text);
    CHECK(strcmp(text, "") == 0);
    uint8_t *samples = picture_samples(&h);
    const char *path = unit_scratch("losses.jpg");
    picture_write(path, PHOTO_JPEG, &h, &(PhotoSettings){0}, samples);
    Photo photo;
    REQUIRE(photo_read(path, &photo) == 0);
    CHECK(!photo.header.notes.exif.bytes && !photo.header.notes.xmp.bytes);
    CHECK(photo.header.notes.profile.bytes != NULL);
    photo_free(&photo);
    photo_notes_free(&h.notes);
    free(samples);
}
