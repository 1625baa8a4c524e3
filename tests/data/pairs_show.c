#include <stdio.h>

#include "core/error.h"
#include "core/memory.h"
#include "data/lettering.h"
#include "data/pairs_sheet.h"
#include "data/pairs_words.h"
#include "tests/unit.h"

TEST(what_happened_is_told_in_words)
{
    char *words = pairs_words("{\"source\":\"sub/a.png\",\"x\":96,\"y\":0,\"drawn\":{"
                              "\"target\":[{\"sharpen\":{\"amount\":0.5}}],"
                              "\"steps\":[{\"blur\":{\"kind\":\"disk\",\"radius\":1.23456}},"
                              "{\"noise\":{\"sigma\":3,\"seed\":77}},{\"jpeg\":{\"quality\":40,"
                              "\"chroma\":\"4:2:0\"}},{\"flip\":{}}]}}",
                              "a.h5");
    REQUIRE(words != NULL);
    CHECK(strcmp(words,
                 "sub/a.png at 96,0\ntarget: sharpen amount 0.5\n"
                 "blur disk radius 1.235; noise sigma 3; jpeg quality 40 chroma 4:2:0; flip") == 0);
    free(words);
    words = pairs_words("{\"source\":\"a.png\",\"lr\":\"b/a.jpg\",\"x\":0,\"y\":8}", "a.h5");
    REQUIRE(words != NULL);
    CHECK(strcmp(words, "a.png at 0,8\nwith b/a.jpg") == 0);
    free(words);
    CHECK(pairs_words("{\"source\":", "a.h5") == NULL);
    CHECK_ERROR(ERROR_CONFIG, "a.h5");
}

TEST(lines_break_at_the_last_space_that_fits)
{
    enum { WIDTH = 8 * LETTER_ADVANCE };
    CHECK(lettering_fit("one two three", WIDTH) == 7);
    CHECK(lettering_fit("one two", WIDTH) == 7);
    CHECK(lettering_fit("incomprehensible", WIDTH) == 8);
    CHECK(lettering_fit("one\ntwo", WIDTH) == 3);
    CHECK(lettering_fit("", WIDTH) == 0);
    CHECK(lettering_fit("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 five", WIDTH) == 8);
    CHECK(lettering_lines("one two three", WIDTH) == 2);
    CHECK(lettering_lines("one\n\ntwo", WIDTH) == 3);
    CHECK(lettering_lines("incomprehensible!", WIDTH) == 3);
    CHECK(lettering_lines("", WIDTH) == 0);
    CHECK(lettering_lines("narrow", 1) == 6);
}

static int count_black(const Image *image)
{
    int count = 0;
    for (int i = 0; i < image->width * image->height; i++)
        count += image->rgb[3 * i] == 0;
    return count;
}

TEST(letters_are_different_and_stay_inside_the_picture)
{
    char letter[2] = {0};
    uint8_t *seen[127] = {0};
    int same = 0;
    for (char c = 33; c < 127; c++) {
        Image image = image_new(LETTER_ADVANCE, LETTER_LINE);
        memset(image.rgb, 255, LETTER_ADVANCE * LETTER_LINE * 3);
        letter[0] = c;
        lettering_draw(&image, 0, 0, letter);
        seen[(int)c] = image.rgb;
        same += count_black(&image) < 2;
        for (int other = 33; other < c; other++)
            same += memcmp(seen[other], image.rgb, LETTER_ADVANCE * LETTER_LINE * 3) == 0;
    }
    CHECK(same == 0);
    for (int c = 33; c < 127; c++)
        free(seen[c]);
    Image small = image_new(3, 3);
    memset(small.rgb, 255, 27);
    lettering_draw(&small, -2, -4, "HHH\x80\xff");
    CHECK(count_black(&small) > 0);
    image_free(&small);
}

TEST(a_sheet_shows_enlarged_lr_beside_hr)
{
    ShownPair pairs[3];
    for (int i = 0; i < 3; i++) {
        pairs[i] = (ShownPair){image_new(16, 16), image_new(4, 4), memory_copy_string("words")};
        memset(pairs[i].hr.rgb, 100, 16 * 16 * 3);
        memset(pairs[i].lr.rgb, 50, 4 * 4 * 3);
    }
    Image sheet = pairs_sheet(pairs, 3, "title");
    int hr = 0, lr = 0;
    for (int i = 0; i < sheet.width * sheet.height; i++) {
        hr += sheet.rgb[3 * i] == 100;
        lr += sheet.rgb[3 * i] == 50;
    }
    CHECK(hr == 3 * 16 * 16 && lr == 3 * 16 * 16);
    CHECK(count_black(&sheet) > 100);
    image_free(&sheet);
    for (int i = 0; i < 3; i++)
        shown_pair_free(&pairs[i]);
}
