#include "upscale/route/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "upscale/route/table.h"

struct RouteModels {
    RouteTable table;
    Upscaler *upscalers[ROUTE_CLASSES]; /* of rows; the same file has the same one */
};

static int open_row(RouteModels *m, RouteClass class, const char *folder, RouteOpener *open,
                    void *context)
{
    const RouteRow *row = &m->table.rows[class];
    for (RouteClass c = 0; c < class; c++)
        if (m->upscalers[c] && strcmp(m->table.rows[c].model, row->model) == 0) {
            m->upscalers[class] = m->upscalers[c];
            return 0;
        }
    char *path =
        row->model[0] == '/' ? memory_copy_string(row->model) : file_join(folder, row->model);
    m->upscalers[class] = open(context, path);
    free(path);
    return m->upscalers[class]
               ? 0
               : error_note("%s/%s: %s", folder, ROUTE_TABLE_NAME, ROUTE_NAMES[class]);
}

RouteModels *route_open(const char *folder, RouteOpener *open, void *context)
{
    RouteModels *m = memory_new(sizeof *m);
    int result = route_table_read(folder, &m->table);
    for (RouteClass c = 0; c < ROUTE_CLASSES && result == 0; c++)
        if (m->table.rows[c].model)
            result = open_row(m, c, folder, open, context);
    if (result == 0)
        return m;
    route_free(m);
    return NULL;
}

void route_free(RouteModels *m)
{
    if (!m)
        return;
    for (RouteClass c = 0; c < ROUTE_CLASSES; c++) {
        for (RouteClass k = c + 1; k < ROUTE_CLASSES; k++)
            if (m->upscalers[k] == m->upscalers[c])
                m->upscalers[k] = NULL;
        upscaler_free(m->upscalers[c]);
    }
    route_table_free(&m->table);
    free(m);
}

/* Of the results of a class. */
static int scale_of(const RouteModels *m, RouteClass class)
{
    RouteClass row = route_table_row(&m->table, class);
    int64_t scale = m->table.rows[row].scale;
    return scale ? (int)scale : upscaler_scale(m->upscalers[row]);
}

int route_common_scale(const RouteModels *m)
{
    for (RouteClass c = 1; c < ROUTE_CLASSES; c++)
        if (scale_of(m, c) != scale_of(m, 0))
            return 0;
    return scale_of(m, 0);
}

static Upscaler *upscaler_for(const RouteModels *m, RouteClass class)
{
    return m->upscalers[route_table_row(&m->table, class)];
}

/* "photo.safetensors, 4 times", and whose row that is. */
static void describe(const RouteModels *m, RouteClass class, char *text, size_t size)
{
    RouteClass row = route_table_row(&m->table, class);
    int used = snprintf(text, size, "%s, %d times", m->table.rows[row].model, scale_of(m, class));
    if (row != class && used > 0 && (size_t)used < size)
        snprintf(text + used, size - (size_t)used, " (as %s; %s has no row)", ROUTE_NAMES[row],
                 ROUTE_NAMES[class]);
}

static void choose_one(const RouteModels *m, RouteClass class, RouteChoice *c)
{
    c->upscaler = c->plain = upscaler_for(m, class);
    c->factor = scale_of(m, class) == upscaler_scale(c->upscaler) ? 0 : scale_of(m, class);
}

/* Whether the models of both parts can be mixed. */
static bool fit_together(const RouteModels *m, const RouteRegions *r)
{
    return scale_of(m, r->drawn.class) == scale_of(m, r->photographed.class) &&
           upscaler_can_mix(upscaler_for(m, r->drawn.class),
                            upscaler_for(m, r->photographed.class));
}

static void choose_both(const RouteModels *m, RouteChoice *c)
{
    const RouteRegions *r = &c->regions;
    Upscaler *drawn = upscaler_for(m, r->drawn.class);
    Upscaler *photographed = upscaler_for(m, r->photographed.class);
    choose_one(m, r->drawn.class, c);
    if (drawn == photographed)
        return;
    c->plain = photographed;
    c->upscaler = upscaler_mix(drawn, photographed, r->shares, r->width, r->height);
    c->owned = true;
}

static RouteClass larger_part(const RouteRegions *r)
{
    return r->share > 0.5 ? r->photographed.class : r->drawn.class;
}

static void tell(const RouteModels *m, RouteChoice *c)
{
    char model[512], other[512];
    const RouteRegions *r = &c->regions;
    RouteClass class = r->mixed ? larger_part(r) : c->verdict.class;
    describe(m, r->mixed && fit_together(m, r) ? r->drawn.class : class, model, sizeof model);
    if (!r->mixed) {
        c->text = memory_print("%s: %s (%s)", ROUTE_NAMES[class], model, c->verdict.reasons);
    } else if (fit_together(m, r)) {
        describe(m, r->photographed.class, other, sizeof other);
        c->text = memory_print("%s: %s; and %.0f %% of it %s: %s", ROUTE_NAMES[r->drawn.class],
                               model, 100 * r->share, ROUTE_NAMES[r->photographed.class], other);
    } else {
        c->text =
            memory_print("%s and %s: all of it by %s, as their models' scales differ",
                         ROUTE_NAMES[r->drawn.class], ROUTE_NAMES[r->photographed.class], model);
    }
}

void route_choose(const RouteModels *m, const Image *image, RouteChoice *c)
{
    *c = (RouteChoice){.regions = route_regions(image)};
    if (!c->regions.mixed)
        c->verdict = route_classify(image);
    if (c->regions.mixed && fit_together(m, &c->regions))
        choose_both(m, c);
    else
        choose_one(m, c->regions.mixed ? larger_part(&c->regions) : c->verdict.class, c);
    tell(m, c);
}

void route_choice_free(RouteChoice *c)
{
    if (c->owned)
        upscaler_free(c->upscaler);
    route_regions_free(&c->regions);
    free(c->text);
    *c = (RouteChoice){0};
}

/* "    text (98 %): 24 colours ...\n    -> screens.onnx, 2 times\n" */
static char *explain_part(const RouteModels *m, const RouteVerdict *v, const char *before)
{
    char model[512] = "";
    if (m)
        describe(m, v->class, model, sizeof model);
    return memory_print("  %s%s (%.0f %% sure): %s\n%s%s%s", before, ROUTE_NAMES[v->class],
                        100 * v->confidence, v->reasons, m ? "    model: " : "", model,
                        m ? "\n" : "");
}

char *route_explain(const RouteModels *m, const char *name, const Image *image)
{
    RouteRegions r = route_regions(image);
    RouteVerdict whole = r.mixed ? r.drawn : route_classify(image);
    char share[64] = "";
    if (r.mixed)
        snprintf(share, sizeof share, "%.0f %% of it: ", 100 * (1 - r.share));
    char *first = explain_part(m, &whole, share), *second = memory_copy_string("");
    const char *note = "";
    if (r.mixed) {
        free(second);
        snprintf(share, sizeof share, "%.0f %% of it: ", 100 * r.share);
        second = explain_part(m, &r.photographed, share);
        if (m && !fit_together(m, &r))
            note = "  scales differ: the larger part's model takes all of it\n";
    }
    char *text = memory_print("%s\n%s%s%s", name, first, second, note);
    free(first);
    free(second);
    route_regions_free(&r);
    return text;
}
