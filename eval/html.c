#include "eval/html.h"

void html_text(FILE *stream, const char *text)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '&':
            fputs("&amp;", stream);
            break;
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        case '\'':
            fputs("&#39;", stream);
            break;
        default:
            fputc(*c, stream);
        }
    }
}

void html_picture(FILE *stream, const Packed *packed, int width, int height, const char *picture,
                  const char *name)
{
    fprintf(stream, "<img width=\"%d\" height=\"%d\" src=\"", width, height);
    packed_print_uri(packed, stream);
    fputs("\" alt=\"", stream);
    html_text(stream, picture);
    fputs(": ", stream);
    html_text(stream, name);
    fputs("\">", stream);
}

int html_crop(FILE *stream, const Strip *strip, int tile, const char *picture, const char *name)
{
    Image image = strip_tile(strip, tile);
    Packed packed;
    int result = packed_new(&image, &packed);
    image_free(&image);
    if (result != 0)
        return -1;
    fputs("<figure>", stream);
    html_picture(stream, &packed, strip->width * 4, strip->height * 4, picture, name);
    packed_free(&packed);
    fputs("<figcaption><b>", stream);
    html_text(stream, name);
    fputs("</b>", stream);
    return 0;
}
