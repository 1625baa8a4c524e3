#include "nets/rename.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* '#' stands for a number, which the new name takes over in the same order (what it does not take
 * is dropped); '*' at the end for the rest. A row holds for files that have both marker keys, if
 * there are two; the first that fits is taken. */
typedef struct Rename {
    const char *markers[2], *from, *to;
} Rename;

/* ESRGAN's first generation: a flat list of modules, where the last ones' places depend on the
 * number of enlargements. */
#define OLD "model.1.sub.0.RDB1.conv1.0.weight"
/* Its second generation, also BSRGAN's. */
#define MIDDLE "RRDB_trunk.0.RDB1.conv1.weight"

static const Rename RENAMES[] = {
    {{OLD}, "model.0.*", "conv_first.*"},
    {{OLD}, "model.1.sub.#.RDB#.conv#.0.*", "body.#.rdb#.conv#.*"},
    {{OLD}, "model.1.sub.#.weight", "conv_body.weight"},
    {{OLD}, "model.1.sub.#.bias", "conv_body.bias"},
    {{OLD, "model.4.weight"}, "model.2.*", "conv_hr.*"}, /* no enlargement */
    {{OLD, "model.4.weight"}, "model.4.*", "conv_last.*"},
    {{OLD, "model.7.weight"}, "model.3.*", "conv_up1.*"}, /* one */
    {{OLD, "model.7.weight"}, "model.5.*", "conv_hr.*"},
    {{OLD, "model.7.weight"}, "model.7.*", "conv_last.*"},
    {{OLD, "model.10.weight"}, "model.3.*", "conv_up1.*"}, /* two */
    {{OLD, "model.10.weight"}, "model.6.*", "conv_up2.*"},
    {{OLD, "model.10.weight"}, "model.8.*", "conv_hr.*"},
    {{OLD, "model.10.weight"}, "model.10.*", "conv_last.*"},
    {{OLD, "model.13.weight"}, "model.3.*", "conv_up1.*"}, /* three */
    {{OLD, "model.13.weight"}, "model.6.*", "conv_up2.*"},
    {{OLD, "model.13.weight"}, "model.9.*", "conv_up3.*"},
    {{OLD, "model.13.weight"}, "model.11.*", "conv_hr.*"},
    {{OLD, "model.13.weight"}, "model.13.*", "conv_last.*"},
    {{MIDDLE}, "RRDB_trunk.#.RDB#.*", "body.#.rdb#.*"},
    {{MIDDLE}, "trunk_conv.*", "conv_body.*"},
    {{MIDDLE}, "upconv#.*", "conv_up#.*"},
    {{MIDDLE}, "HRconv.*", "conv_hr.*"},
};
enum { RENAMES_COUNT = sizeof RENAMES / sizeof *RENAMES, MOST_NUMBERS = 4 };

/* A part of a key. */
typedef struct Piece {
    const char *text;
    int length;
} Piece;

typedef struct Pieces {
    Piece numbers[MOST_NUMBERS];
    int count;
    const char *rest;
} Pieces;

static bool match(const char *pattern, const char *key, Pieces *pieces)
{
    *pieces = (Pieces){.rest = ""};
    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            pieces->rest = key;
            return true;
        }
        if (*pattern != '#') {
            if (*pattern != *key++)
                return false;
            continue;
        }
        Piece *number = &pieces->numbers[pieces->count++];
        *number = (Piece){key, 0};
        while (isdigit((unsigned char)*key)) {
            key++;
            number->length++;
        }
        if (number->length == 0)
            return false;
    }
    return *key == 0;
}

/* The new name, which is no longer than `to` and what was matched. */
static char *compose_name(const char *to, const Pieces *pieces)
{
    size_t room = strlen(to) + strlen(pieces->rest) + 1;
    for (int i = 0; i < pieces->count; i++)
        room += (size_t)pieces->numbers[i].length;
    char *name = memory_new(room), *at = name;
    for (int taken = 0; *to; to++) {
        const Piece piece = *to == '#'   ? pieces->numbers[taken++]
                            : *to == '*' ? (Piece){pieces->rest, (int)strlen(pieces->rest)}
                                         : (Piece){to, 1};
        memcpy(at, piece.text, (size_t)piece.length);
        at += piece.length;
    }
    return name;
}

static void rename_key(char **key, const bool *holds)
{
    Pieces pieces;
    for (int row = 0; row < RENAMES_COUNT; row++) {
        if (!holds[row] || !match(RENAMES[row].from, *key, &pieces))
            continue;
        char *name = compose_name(RENAMES[row].to, &pieces);
        free(*key);
        *key = name;
        return;
    }
}

void weights_rename(Weights *weights)
{
    bool holds[RENAMES_COUNT], any = false;
    for (int row = 0; row < RENAMES_COUNT; row++) {
        const char *const *markers = RENAMES[row].markers;
        holds[row] = weights_find(weights, markers[0]) != NULL &&
                     (!markers[1] || weights_find(weights, markers[1]) != NULL);
        any |= holds[row];
    }
    for (int i = 0; any && i < weights->count; i++)
        rename_key(&weights->items[i].key, holds);
}
