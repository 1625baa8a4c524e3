/* Architectures: a name, hyper-parameters, a builder, and how a foreign file is recognised. */
#ifndef NETS_ARCHITECTURE_H
#define NETS_ARCHITECTURE_H

#include <cjson/cJSON.h>

#include "core/fields.h"
#include "nets/graph.h"

typedef enum NetworkKind { KIND_GENERATOR = 1, KIND_DISCRIMINATOR = 2, KIND_ANY = 3 } NetworkKind;

typedef struct Architecture {
    const char *name;  /* "srvgg", as in configs */
    const char *title; /* for people */
    NetworkKind kind;
    const Field *fields; /* hyper-parameters */
    size_t config_bytes;
    /* Builds the graph; scale is 1 for discriminators. NULL with an error. */
    Graph *(*build)(const void *config, int scale);
    /* Whether these keys and shapes are this architecture's; fills config and scale. NULL: never.
     */
    bool (*recognise)(const Weights *weights, void *config, int *scale);
} Architecture;

/* The architecture of that name and kind; ERROR_CONFIG lists the known ones. */
const Architecture *architecture_find(const char *name, NetworkKind kind);
/* All, ending with NULL. */
extern const Architecture *const ARCHITECTURES[];
/* A network that an ONNX file describes and that is none of these: a generator without
 * hyper-parameters, which only that file can build. */
extern const Architecture FOREIGN;

/* A choice of architecture with its hyper-parameters. */
typedef struct Specification {
    const Architecture *architecture;
    void *config; /* owned */
    int scale;
} Specification;

/* From {"type":"srvgg","features":64,...}; `where` is the path for messages. */
int specification_parse(Specification *s, const cJSON *object, NetworkKind kind, int scale,
                        const char *where);
cJSON *specification_dump(const Specification *s);
Graph *specification_build(const Specification *s);
void specification_free(Specification *s);

#endif
