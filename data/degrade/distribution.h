/* What a recipe says about one parameter: from which values it is drawn, how likely each. */
#ifndef DATA_DEGRADE_DISTRIBUTION_H
#define DATA_DEGRADE_DISTRIBUTION_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "core/random.h"
#include "data/degrade/operation.h"

/* A mixture of uniform ranges; a constant is a range of one value, a choice one of its index. */
typedef struct Piece {
    double weight, share; /* share: of this and all before it, the last is 1 */
    double low, high;     /* both included */
    bool logarithmic;
} Piece;

typedef struct Distribution {
    Piece *pieces;
    int count;
} Distribution;

/* The value with 15 digits, all that JSON's text keeps of it for certain: writing it and reading it
 * back changes nothing. */
double number_as_written(double value);

/* Parses what operation.h documents. ERROR_CONFIG starting with `where` if it is malformed or
 * leaves the parameter's bounds; free it even so. */
int distribution_parse(Distribution *distribution, const Parameter *parameter, const cJSON *json,
                       const char *where);
void distribution_free(Distribution *distribution);

/* The parameter's default: a NULL fallback or a malformed one is an error at `where`. */
int distribution_default(Distribution *distribution, const Parameter *parameter, const char *where);

/* One value: of a range, rounded to 4 decimals for reals and whole for all others, always inside;
 * a constant is itself. */
double distribution_draw(const Distribution *distribution, const Parameter *parameter,
                         Random *random);

/* The distribution as JSON that distribution_parse reads back as the same. */
cJSON *distribution_json(const Distribution *distribution, const Parameter *parameter);

#endif
