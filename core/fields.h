/* Field tables: one declaration of a struct's members gives defaults, parsing from JSON and from
 * command lines, range checks, "unknown key" errors, help text and the dump of effective values. */
#ifndef CORE_FIELDS_H
#define CORE_FIELDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum FieldKind {
    FIELD_FLAG,    /* bool; on the command line given without a value */
    FIELD_INTEGER, /* int64_t, min..max */
    FIELD_REAL,    /* double, min..max */
    FIELD_STRING,  /* char *, owned; NULL if absent and without fallback */
    FIELD_CHOICE,  /* int: index into the '|'-separated choices */
    FIELD_EXTENT,  /* Extent, written WxH */
    FIELD_STRINGS, /* StringList: repeatable on the command line, an array in JSON */
    FIELD_NUMBERS, /* NumberList: an array in JSON, min..max each */
    FIELD_OBJECT,  /* a nested struct described by `fields` */
    FIELD_ARRAY,   /* FieldArray of structs described by `fields` */
    FIELD_JSON     /* cJSON *, owned: a subtree another room parses; NULL if absent */
} FieldKind;

typedef struct Extent {
    int64_t w, h;
} Extent;

typedef struct StringList {
    char **items;
    int count, capacity;
} StringList;

typedef struct NumberList {
    double *items;
    int count;
} NumberList;

typedef struct FieldArray {
    void *items;
    int count;
} FieldArray;

typedef struct Field {
    const char *name;
    FieldKind kind;
    size_t offset;              /* offsetof in the struct */
    const char *fallback;       /* default as text, NULL: zero, NULL or empty */
    double min, max;            /* for INTEGER and REAL; both 0: no limit but finite */
    const char *choices;        /* for CHOICE */
    const struct Field *fields; /* for OBJECT and ARRAY */
    size_t item_bytes;          /* for ARRAY */
    char letter;                /* one-letter form on the command line, 0 if none */
    const char *argument;       /* what help prints after '=', NULL: after its kind */
    const char *help;
} Field;

/* A table ends with a field whose name is NULL. */

/* Sets every member to its default. */
void fields_default(const Field *table, void *target);

/* Sets defaults, then reads `object`'s members. Every key must be in the table (an unknown one is
 * an error that suggests the nearest), numbers in range, integers integral. `where` is the path for
 * messages ("stages[1].loss"; "" at the top). All members are read, and all errors told together.
 * On error, target still holds valid values to free. */
int fields_parse(const Field *table, void *target, const cJSON *object, const char *where);

/* Sets one member from text, as on a command line. */
int fields_set(const Field *field, void *target, const char *text, const char *where);

/* The struct as an object with every member, defaults included. NULL strings are left out. */
cJSON *fields_dump(const Field *table, const void *target);

/* Frees what the members own. */
void fields_free(const Field *table, void *target);

/* One indented line or more per field. `dashes` writes them as options. */
void fields_help(const Field *table, FILE *stream, int dashes);

/* What a member is given as, after '=': "FILE", "N", "WxH", its choices; NULL for a flag. */
const char *fields_argument(const Field *field);

/* The field of that name, or NULL; and the name nearest in spelling, NULL if none is near. */
const Field *fields_find(const Field *table, const char *name);
const char *fields_nearest(const Field *table, const char *name);

/* The text of a FIELD_CHOICE index; static storage, valid until the next call in this thread. */
const char *fields_choice(const char *choices, int index);

void string_list_add(StringList *list, const char *text);
void string_list_free(StringList *list);

/* The better of spelling suggestions: Levenshtein distance of two words. */
int spelling_distance(const char *a, const char *b);

#endif
