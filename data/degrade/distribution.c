#include "data/degrade/distribution.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/fields.h"
#include "core/json.h"
#include "core/memory.h"
#include "data/degrade/parameter.h"

enum { MOST_PIECES = 64 };

double number_as_written(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.15g", value);
    return strtod(text, NULL);
}

static int add_piece(Distribution *d, Piece piece, const char *where)
{
    if (d->count == MOST_PIECES)
        return error_set(ERROR_CONFIG, "%s: more than %d values", where, MOST_PIECES);
    piece.weight = number_as_written(piece.weight);
    piece.low = number_as_written(piece.low);
    piece.high = number_as_written(piece.high);
    d->pieces = memory_resize(d->pieces, (size_t)d->count + 1, sizeof *d->pieces);
    d->pieces[d->count++] = piece;
    return 0;
}

static int check_bounds(const Parameter *p, double value, const char *where)
{
    if (p->kind == PARAMETER_INTEGER && value != floor(value))
        return error_set(ERROR_CONFIG, "%s: %g is not a whole number", where, value);
    if (value < p->min)
        return error_set(ERROR_CONFIG, "%s: %g is less than %g", where, value, p->min);
    if (value > p->max)
        return error_set(ERROR_CONFIG, "%s: %g is more than %g", where, value, p->max);
    return 0;
}

static int add_range(Distribution *d, const Parameter *p, const cJSON *json, double weight,
                     bool logarithmic, const char *where)
{
    const cJSON *low = cJSON_GetArrayItem(json, 0), *high = cJSON_GetArrayItem(json, 1);
    if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) != 2 || !cJSON_IsNumber(low) ||
        !cJSON_IsNumber(high))
        return error_set(ERROR_CONFIG, "%s: a range is [low, high]", where);
    Piece piece = {weight, 0, low->valuedouble, high->valuedouble, logarithmic};
    if (check_bounds(p, piece.low, where) != 0 || check_bounds(p, piece.high, where) != 0)
        return -1;
    if (piece.low > piece.high)
        return error_set(ERROR_CONFIG, "%s: %g is more than %g", where, piece.low, piece.high);
    if (logarithmic && piece.low <= 0)
        return error_set(ERROR_CONFIG, "%s: a logarithmic range starts above 0", where);
    return add_piece(d, piece, where);
}

static int add_number(Distribution *d, const Parameter *p, double value, double weight,
                      const char *where)
{
    if (check_bounds(p, value, where) != 0)
        return -1;
    return add_piece(d, (Piece){weight, 0, value, value, false}, where);
}

static int add_numbers(Distribution *d, const Parameter *p, const cJSON *json, double weight,
                       const char *where);

/* [[weight, numbers], ...]; its weights become parts of `total`, or stay as they are for 0. */
static int add_mixture(Distribution *d, const Parameter *p, const cJSON *json, double total,
                       const char *where)
{
    double sum = 0;
    const cJSON *item;
    if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) == 0)
        return error_set(ERROR_CONFIG, "%s: mix is [[weight, values], ...]", where);
    cJSON_ArrayForEach(item, json)
    {
        const cJSON *share = cJSON_GetArrayItem(item, 0);
        if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != 2 || !cJSON_IsNumber(share))
            return error_set(ERROR_CONFIG, "%s: mix is [[weight, values], ...]", where);
        if (!(share->valuedouble > 0) || share->valuedouble > 1e6)
            return error_set(ERROR_CONFIG, "%s: a weight of %g is not above 0", where,
                             share->valuedouble);
        sum += share->valuedouble;
    }
    cJSON_ArrayForEach(item, json)
    {
        double share = cJSON_GetArrayItem(item, 0)->valuedouble * (total > 0 ? total / sum : 1);
        if (add_numbers(d, p, cJSON_GetArrayItem(item, 1), share, where) != 0)
            return -1;
    }
    return 0;
}

static int add_numbers(Distribution *d, const Parameter *p, const cJSON *json, double weight,
                       const char *where)
{
    double one = weight > 0 ? weight : 1;
    const cJSON *only = cJSON_IsObject(json) ? json->child : NULL;
    if (cJSON_IsNumber(json))
        return add_number(d, p, json->valuedouble, one, where);
    if (cJSON_IsArray(json))
        return add_range(d, p, json, one, false, where);
    if (only && !only->next && strcmp(only->string, "log") == 0)
        return add_range(d, p, only, one, true, where);
    if (only && !only->next && strcmp(only->string, "mix") == 0)
        return add_mixture(d, p, only, weight, where);
    return error_set(ERROR_CONFIG,
                     "%s: expected a number, [low, high], {\"log\": [low, high]} or "
                     "{\"mix\": [[weight, values], ...]}",
                     where);
}

static int add_choice(Distribution *d, const Parameter *p, const char *name, double weight,
                      const char *where)
{
    int index = choice_index(p->choices, name);
    if (index < 0)
        return error_set(ERROR_CONFIG, "%s: \"%s\" is none of %s", where, name, p->choices);
    if (!(weight >= 0) || weight > 1e6)
        return error_set(ERROR_CONFIG, "%s: a weight of %g is not a positive number", where,
                         weight);
    return weight == 0 ? 0 : add_piece(d, (Piece){weight, 0, index, index, false}, where);
}

static int add_choices(Distribution *d, const Parameter *p, const cJSON *json, const char *where)
{
    const cJSON *item;
    if (cJSON_IsString(json))
        return add_choice(d, p, json->valuestring, 1, where);
    if (!cJSON_IsArray(json) && !cJSON_IsObject(json))
        return error_set(ERROR_CONFIG, "%s: expected one or more of %s", where, p->choices);
    cJSON_ArrayForEach(item, json)
    {
        bool weighted = cJSON_IsObject(json);
        if (weighted ? !cJSON_IsNumber(item) : !cJSON_IsString(item))
            return error_set(ERROR_CONFIG, "%s: expected %s", where,
                             weighted ? "{\"name\": weight, ...}" : "[\"name\", ...]");
        const char *name = weighted ? item->string : item->valuestring;
        if (add_choice(d, p, name, weighted ? item->valuedouble : 1, where) != 0)
            return -1;
    }
    return 0;
}

int distribution_parse(Distribution *d, const Parameter *p, const cJSON *json, const char *where)
{
    *d = (Distribution){0};
    if (p->kind == PARAMETER_SEED)
        return error_set(ERROR_CONFIG, "%s: is always drawn, a recipe cannot set it", where);
    int result = p->kind == PARAMETER_CHOICE ? add_choices(d, p, json, where)
                                             : add_numbers(d, p, json, 0, where);
    if (result == 0 && d->count == 0)
        result = error_set(ERROR_CONFIG, "%s: nothing to choose from", where);
    double total = 0, sum = 0;
    for (int i = 0; i < d->count; i++)
        total += d->pieces[i].weight;
    for (int i = 0; i < d->count; i++)
        d->pieces[i].share = (sum += d->pieces[i].weight) / total;
    return result;
}

int distribution_default(Distribution *d, const Parameter *p, const char *where)
{
    *d = (Distribution){0};
    if (!p->fallback)
        return error_set(ERROR_CONFIG, "%s: missing", where);
    cJSON *fallback = json_parse(p->fallback, strlen(p->fallback), where);
    int result = fallback ? distribution_parse(d, p, fallback, where) : -1;
    cJSON_Delete(fallback);
    return result;
}

void distribution_free(Distribution *d)
{
    free(d->pieces);
    *d = (Distribution){0};
}

static double draw_whole(const Piece *piece, Random *random)
{
    if (!piece->logarithmic)
        return piece->low + random_below(random, (uint32_t)(piece->high - piece->low) + 1);
    double value = exp(random_range(random, log(piece->low), log(piece->high + 1)));
    return fmin(fmax(floor(value), piece->low), piece->high);
}

/* n / 1e4 is the double that the text of four decimals stands for. */
static double draw_real(const Piece *piece, Random *random)
{
    double value = piece->logarithmic ? exp(random_range(random, log(piece->low), log(piece->high)))
                                      : random_range(random, piece->low, piece->high);
    double rounded = round(value * 1e4) / 1e4;
    if (rounded < piece->low)
        rounded = ceil(piece->low * 1e4) / 1e4;
    if (rounded > piece->high)
        rounded = floor(piece->high * 1e4) / 1e4;
    return rounded >= piece->low && rounded <= piece->high ? rounded : piece->low;
}

double distribution_draw(const Distribution *d, const Parameter *p, Random *random)
{
    const Piece *piece = d->pieces;
    if (d->count > 1) {
        double where = random_uniform(random);
        while (piece < d->pieces + d->count - 1 && where >= piece->share)
            piece++;
    }
    if (piece->low == piece->high)
        return piece->low;
    return p->kind == PARAMETER_REAL ? draw_real(piece, random) : draw_whole(piece, random);
}

static cJSON *piece_json(const Piece *piece, const Parameter *p)
{
    if (p->kind == PARAMETER_CHOICE)
        return cJSON_CreateString(fields_choice(p->choices, (int)piece->low));
    if (piece->low == piece->high)
        return cJSON_CreateNumber(piece->low);
    cJSON *range = cJSON_CreateDoubleArray((double[]){piece->low, piece->high}, 2);
    if (!piece->logarithmic)
        return range;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "log", range);
    return object;
}

cJSON *distribution_json(const Distribution *d, const Parameter *p)
{
    if (d->count == 1)
        return piece_json(d->pieces, p);
    cJSON *object = cJSON_CreateObject(), *mix = object;
    if (p->kind != PARAMETER_CHOICE)
        mix = cJSON_AddArrayToObject(object, "mix");
    for (int i = 0; i < d->count; i++) {
        const Piece *piece = &d->pieces[i];
        if (p->kind == PARAMETER_CHOICE) {
            cJSON_AddNumberToObject(object, fields_choice(p->choices, (int)piece->low),
                                    piece->weight);
            continue;
        }
        cJSON *pair = cJSON_CreateArray();
        cJSON_AddItemToArray(pair, cJSON_CreateNumber(piece->weight));
        cJSON_AddItemToArray(pair, piece_json(piece, p));
        cJSON_AddItemToArray(mix, pair);
    }
    return object;
}
