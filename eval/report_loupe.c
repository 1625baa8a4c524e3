/* Pictures side by side: the loupe, and the worst places. */
#include <math.h>

#include "eval/report_parts.h"

static const char *tile_name(const Results *r, int source)
{
    return source == TILE_INPUT   ? "input"
           : source == TILE_TRUTH ? "truth"
                                  : r->methods->items[source].name;
}

static void print_tile_class(FILE *stream, const Results *r, int source)
{
    if (source >= 0)
        html_method(stream, r, source);
    else
        fputs(source == TILE_TRUTH ? "truth" : "input", stream);
}

/* ---- The loupe --------------------------------------------------------------------------------
 */

static bool is_whole(const Results *r, const Shot *s)
{
    return s->window.width == r->set->widths[s->picture] &&
           s->window.height == r->set->heights[s->picture];
}

static void print_values(FILE *stream, const double *values)
{
    if (!isnan(values[METRIC_SMOOTHING]) && !isnan(values[METRIC_HALLUCINATION]))
        fprintf(stream, "<span>smooth %.2f, made up %.2f</span>", values[METRIC_SMOOTHING],
                values[METRIC_HALLUCINATION]);
    else if (!isnan(values[METRIC_DISAGREEMENT]))
        fprintf(stream, "<span>disagrees by %.2f</span>", values[METRIC_DISAGREEMENT]);
}

static void print_pane(FILE *stream, const Results *r, const Gallery *g, const Shot *s, int tile)
{
    int source = g->sources[tile];
    const char *name = tile_name(r, source);
    fputs("<figure class=\"pane ", stream);
    print_tile_class(stream, r, source);
    fputs("\"><div class=\"lens\">", stream);
    html_picture(stream, &s->tiles[tile], s->window.width * 4, s->window.height * 4,
                 r->set->names[s->picture], name);
    fputs("</div><figcaption><b class=\"name\">", stream);
    html_text(stream, name);
    fputs("</b> ", stream);
    if (source >= 0)
        print_values(stream, results_values(r, source, s->picture));
    else
        fputs(source == TILE_INPUT ? "<span>what they all had</span>"
                                   : "<span>what there was</span>",
              stream);
    fputs("</figcaption></figure>\n", stream);
}

static void print_set(FILE *stream, const Results *r, const Gallery *g, int index)
{
    const Shot *s = &g->shots[index];
    fprintf(stream,
            "<div class=\"set\" data-width=\"%d\" data-height=\"%d\" data-x=\"%d\" "
            "data-y=\"%d\"%s>\n"
            "<div class=\"whole\" tabindex=\"0\" role=\"application\" "
            "aria-roledescription=\"loupe\" aria-label=\"",
            s->window.width, s->window.height, s->focus.x - s->window.x + s->focus.width / 2,
            s->focus.y - s->window.y + s->focus.height / 2, index == 0 ? "" : " hidden");
    html_text(stream, r->set->names[s->picture]);
    fputs(": move the frame with the arrow keys, faster with Shift\"><img alt=\"\"><span "
          "class=\"frame\"></span></div>\n<div class=\"panes\">\n",
          stream);
    for (int t = 0; t < g->tiles; t++)
        print_pane(stream, r, g, s, t);
    fputs("</div>\n</div>\n", stream);
}

static void print_options(FILE *stream, const Results *r, const Gallery *g)
{
    for (int k = 0; k < g->count; k++) {
        const Shot *s = &g->shots[k];
        fprintf(stream, "<option value=\"%d\">", k);
        html_text(stream, r->set->names[s->picture]);
        if (!is_whole(r, s))
            fprintf(stream, " (%d&times;%d of %d&times;%d)", s->window.width, s->window.height,
                    r->set->widths[s->picture], r->set->heights[s->picture]);
        fputs("</option>", stream);
    }
}

void report_loupe(FILE *stream, const Page *page)
{
    const Results *r = page->results;
    const Gallery *g = &page->exhibits->loupe;
    fputs("<p class=\"pickers\"><label>picture <select id=\"loupe-picture\">", stream);
    print_options(stream, r, g);
    fputs("</select></label> <label>shown whole <select id=\"loupe-whole\">", stream);
    for (int t = g->tiles - 1; t >= 0; t--) {
        fprintf(stream, "<option value=\"%d\">", t);
        html_text(stream, tile_name(r, g->sources[t]));
        fputs("</option>", stream);
    }
    fprintf(stream,
            "</select></label> <span class=\"note\">%d of the %d pictures %s in this page, "
            "pixel for pixel as judged.</span></p>\n<div id=\"loupe\">\n",
            g->count, r->set->count, g->count == 1 ? "is" : "are");
    for (int k = 0; k < g->count; k++)
        print_set(stream, r, g, k);
    fputs("</div>\n", stream);
}

/* ---- The worst places -------------------------------------------------------------------------
 */

static const struct {
    const char *title, *meaning, *score;
} KINDS[PLACE_KINDS] = {
    [PLACE_SMOOTHED] = {"Smoothed texture",
                        "True texture that is missing. Blue: detail that was lost; red: detail "
                        "that was invented.",
                        "of texture lost"},
    [PLACE_INVENTED] = {"Texture invented on flat ground",
                        "Detail where the truth has none. Red: detail that was invented; blue: "
                        "detail that was lost.",
                        "invented"},
    [PLACE_HALO] = {"Halos",
                    "Beside edges, beyond anything the truth has nearby. Red: too bright; blue: "
                    "too dark.",
                    "of overshoot"},
    [PLACE_CONTRADICTION] = {"Contradictions of the input",
                             "Shrunk again, the output is not what was seen. Red: brighter than "
                             "the input says; blue: darker.",
                             "off the input"}};

static void print_place(FILE *stream, const Results *r, PlaceKind kind, const Place *place)
{
    static const char *const NAMES[PLACE_TILES] = {"input", NULL, "truth", "what went wrong"};
    const char *picture = r->set->names[place->picture];
    const Method *method = &r->methods->items[place->method];
    fputs("<li class=\"place ", stream);
    html_method(stream, r, place->method);
    fputs("\">\n<p><b class=\"name\">", stream);
    html_text(stream, method->name);
    fputs("</b> <span>", stream);
    html_text(stream, picture);
    fprintf(stream,
            ", at (%d, %d)</span> <span><b>%.1f</b> levels %s</span></p>\n<div class=\"strip\">\n",
            place->window.x, place->window.y, place->score, KINDS[kind].score);
    for (int t = 0; t < PLACE_TILES; t++) {
        const char *name = NAMES[t] ? NAMES[t] : method->name;
        fputs("<figure>", stream);
        html_picture(stream, &place->tiles[t], place->window.width * 4, place->window.height * 4,
                     picture, name);
        fputs("<figcaption>", stream);
        html_text(stream, name);
        fputs("</figcaption></figure>\n", stream);
    }
    fputs("</div>\n</li>\n", stream);
}

void report_places(FILE *stream, const Page *page)
{
    for (PlaceKind kind = 0; kind < PLACE_KINDS; kind++) {
        const PlaceList *list = &page->exhibits->places.lists[kind];
        fprintf(stream, "<section class=\"kind\">\n<h3>%s</h3>\n<p class=\"note\">%s</p>\n",
                KINDS[kind].title, KINDS[kind].meaning);
        if (list->count == 0)
            fputs("<p class=\"note\">None of half a grey level or more.</p>\n", stream);
        fputs("<ol class=\"places\">\n", stream);
        for (int i = 0; i < list->count; i++)
            print_place(stream, page->results, kind, &list->items[i]);
        fputs("</ol>\n</section>\n", stream);
    }
}
