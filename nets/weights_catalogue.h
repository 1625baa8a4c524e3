/* The published weights of networks that judge pictures: what they are, where they come from, and
 * the cache where `unmush weights fetch` puts them. */
#ifndef NETS_WEIGHTS_CATALOGUE_H
#define NETS_WEIGHTS_CATALOGUE_H

#include <stdint.h>

/* How sure the hash of an entry is. */
typedef enum HashSource {
    HASH_COMPUTED, /* computed from the published file */
    /* As several who fetched it recorded it; its publisher gives the first 8 digits, in the file's
     * name. */
    HASH_RECORDED
} HashSource;

typedef struct CatalogueEntry {
    const char *name;   /* "vgg19": what commands and configs call it */
    const char *file;   /* its name in the cache: "vgg19-dcbb9e9d.pth" */
    const char *url;    /* https:// */
    int64_t size;       /* bytes */
    const char *sha256; /* 64 hexadecimal digits */
    HashSource hash_source;
    const char *purpose, *source, *licence; /* a few words each */
} CatalogueEntry;

enum { CATALOGUE_COUNT = 8, CATALOGUE_MOST_MEMBERS = CATALOGUE_COUNT };
extern const CatalogueEntry CATALOGUE[CATALOGUE_COUNT];

/* Entries that are needed together; the last group's name is NULL. */
typedef struct CatalogueGroup {
    const char *name, *purpose;
    const char *members[CATALOGUE_MOST_MEMBERS + 1]; /* NULL after the last */
} CatalogueGroup;
extern const CatalogueGroup CATALOGUE_GROUPS[];

const CatalogueEntry *catalogue_find(const char *name);       /* NULL if there is none */
const CatalogueGroup *catalogue_find_group(const char *name); /* likewise */

/* Where the cache is: $UNMUSH_CACHE, else $XDG_CACHE_HOME/unmush/weights, else
 * ~/.cache/unmush/weights. It need not exist. The caller frees it. NULL with ERROR_CONFIG without
 * any of the three. */
char *weights_cache_folder(void);

/* What users name: "cache" is the cache's folder, an entry's name ("vgg19") that entry's file in
 * the cache, anything else itself; "./vgg19" is a file of that name. The caller frees it. NULL as
 * above. */
char *weights_folder(const char *named);
char *weights_file(const char *named);

/* 0 if the file that `named` stands for is there; ERROR_FILE with the command that fetches `entry`
 * otherwise. */
int weights_require(const char *named, const char *entry);

int weights_command(int argc, char **argv);

#endif
