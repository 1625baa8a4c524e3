#include <string.h>

#include "eval/packed.h"
#include "eval/report_parts.h"

int html_crop(FILE *stream, const Strip *strip, int tile, const char *picture, const char *name)
{
    Image image = strip_tile(strip, tile);
    Packed packed;
    int result = packed_new(&image, &packed);
    image_free(&image);
    if (result != 0)
        return -1;
    fprintf(stream, "<figure><img width=\"%d\" height=\"%d\" src=\"", strip->width * 4,
            strip->height * 4);
    packed_print_uri(&packed, stream);
    packed_free(&packed);
    fputs("\" alt=\"", stream);
    html_text(stream, picture);
    fputs(": ", stream);
    html_text(stream, name);
    fputs("\"><figcaption><b>", stream);
    html_text(stream, name);
    fputs("</b>", stream);
    return 0;
}

/* What the measures say about this picture, below a method's crop. */
static void print_values(FILE *stream, const double *values)
{
    fputs(" <span>", stream);
    html_number(stream, METRIC_PSNR_Y, values[METRIC_PSNR_Y]);
    fputs("&nbsp;dB, smooth ", stream);
    html_number(stream, METRIC_SMOOTHING, values[METRIC_SMOOTHING]);
    fputs(", made up ", stream);
    html_number(stream, METRIC_HALLUCINATION, values[METRIC_HALLUCINATION]);
    fputs("</span>", stream);
}

/* The nearest baseline looks exactly like the input, which is shown anyway. */
static bool shows_input(const Method *method)
{
    return strcmp(method->kind, "baseline") == 0 && strcmp(method->name, "nearest") == 0;
}

static int print_strip(FILE *stream, const Results *r, const Strip *strip, int tiles)
{
    const char *picture = r->set->names[strip->picture];
    fputs("<h3>", stream);
    html_text(stream, picture);
    fprintf(stream,
            " <span>%d&times;%d pixels at (%d, %d), 400&#8239;%%</span></h3>\n"
            "<div class=\"strip\">\n",
            strip->width, strip->height, strip->x, strip->y);
    for (int tile = 0; tile < tiles; tile++) {
        bool method = tile > 0 && tile < tiles - 1;
        if (method && shows_input(&r->methods->items[tile - 1]))
            continue;
        const char *name = tile == 0 ? "input"
                           : method  ? r->methods->items[tile - 1].name
                                     : "truth";
        if (html_crop(stream, strip, tile, picture, name) != 0)
            return -1;
        if (method)
            print_values(stream, results_values(r, tile - 1, strip->picture));
        fputs("</figcaption></figure>\n", stream);
    }
    fputs("</div>\n", stream);
    return 0;
}

int report_strips(FILE *stream, const Results *r, const Strips *strips)
{
    for (int k = 0; k < strips->count; k++)
        if (print_strip(stream, r, &strips->items[k], strips->tiles) != 0)
            return -1;
    return 0;
}
