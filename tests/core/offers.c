/* What completion offers, as far as tables tell. */
#include "core/offers.h"
#include "tests/unit.h"

static void check(Offers o, const char *words, const char *extensions, bool files, bool folders)
{
    char text[2][256] = {"", ""};
    const StringList *lists[] = {&o.words, &o.extensions};
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < lists[l]->count; i++) {
            strcat(text[l], i > 0 ? " " : "");
            strcat(text[l], lists[l]->items[i]);
        }
    CHECK(strcmp(text[0], words) == 0);
    CHECK(strcmp(text[1], extensions) == 0);
    CHECK(o.files == files && o.folders == folders);
    offers_free(&o);
}

static Offers of(const char *argument, const char *help)
{
    Field field = {.name = "x", .kind = FIELD_STRING, .argument = argument, .help = help};
    return offers_of_field(&field);
}

TEST(an_options_argument_tells_what_files_it_takes)
{
    check(of("FILE", "any"), "", "", true, false);
    check(of("FILE", "a generator, .safetensors, .pth or .onnx"), "", "safetensors pth onnx", false,
          false);
    check(of("[NAME=]DIR", NULL), "", "", false, true);
    check(of("OUT.onnx|OUT.pth|DIR", NULL), "", "onnx pth", false, true);
    check(of("DIR|cache", NULL), "cache", "", false, true);
    check(of("METRICS.JSON[:METHOD]", NULL), "", "json", false, false);
    check(of("A,B", NULL), "", "", false, false);
    check(of("METRIC=VALUE,...", NULL), "", "", false, false);
    Field choice = {.name = "x", .kind = FIELD_CHOICE, .choices = "auto|8|16"};
    check(offers_of_field(&choice), "auto 8 16", "", false, false);
    Field number = {.name = "x", .kind = FIELD_INTEGER};
    check(offers_of_field(&number), "", "", false, false);
}

TEST(a_synopsis_tells_what_a_command_takes)
{
    Command c = {.name = "try", .synopsis = "-o DIR [--count=N] FILE.h5|IMAGE..."};
    check(offers_of_command(&c), "", "h5 png jpg jpeg webp tif tiff", false, false);
    c.synopsis = "list [NAME...] | fetch NAME...";
    check(offers_of_command(&c), "list fetch", "", false, false);
    c.synopsis = "CONFIG.json [KEY=VALUE...] [-o RUN_DIR]\n       unmush try -o FILE DIR";
    check(offers_of_command(&c), "", "json", false, true);
}
