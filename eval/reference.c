#include "eval/reference_parts.h"

#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"
#include "eval/neighbourhood.h"

Reference *reference_new(const Image *hr, int scale, int crop)
{
    if (hr->width % scale || hr->height % scale) {
        error_set(ERROR_SHAPE, "%dx%d pixels are no multiple of the scale %d", hr->width,
                  hr->height, scale);
        return NULL;
    }
    if (hr->width - 2 * crop < 11 || hr->height - 2 * crop < 11) {
        error_set(ERROR_SHAPE, "%dx%d pixels without a border of %d are fewer than 11x11",
                  hr->width, hr->height, crop);
        return NULL;
    }
    Reference *r = memory_new(sizeof *r);
    r->scale = scale;
    r->crop = crop;
    r->hr = image_copy(hr);
    r->luma = image_luma(hr);
    r->detail = detail_of(&r->luma, scale, &r->low);
    r->energy = detail_product(&r->detail, &r->detail, scale);
    neighbourhood_range(&r->luma, scale, &r->least, &r->greatest);
    return r;
}

Reference *reference_new_full(const Image *hr, const Image *lr, int scale, int crop)
{
    Reference *r = reference_new(hr, scale, crop);
    if (!r)
        return NULL;
    r->full = true;
    r->lr = image_copy(lr);
    r->content = content_of(&r->luma);
    content_shares(&r->content, crop, r->shares);
    r->spectrum = spectrum_new(&r->luma, crop);
    return r;
}

void reference_free(Reference *r)
{
    if (!r)
        return;
    image_free(&r->hr);
    plane_free(&r->luma);
    plane_free(&r->low);
    plane_free(&r->detail);
    plane_free(&r->energy);
    plane_free(&r->least);
    plane_free(&r->greatest);
    image_free(&r->lr);
    content_free(&r->content);
    spectrum_free(r->spectrum);
    free(r);
}

const Plane *reference_detail_energy(const Reference *reference)
{
    return &reference->energy;
}

const Plane *reference_luma(const Reference *reference)
{
    return &reference->luma;
}

const Plane *reference_low(const Reference *reference)
{
    return &reference->low;
}

const Content *reference_content(const Reference *reference)
{
    return reference->full ? &reference->content : NULL;
}

const double *reference_shares(const Reference *reference)
{
    return reference->shares;
}
