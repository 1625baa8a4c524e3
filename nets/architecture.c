#include "nets/architecture.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "nets/edsr.h"
#include "nets/msrresnet.h"
#include "nets/patch.h"
#include "nets/realplksr.h"
#include "nets/rrdb.h"
#include "nets/span.h"
#include "nets/srvgg.h"
#include "nets/swinir.h"
#include "nets/unet.h"
#include "nets/vgg_discriminator.h"

const Architecture *const ARCHITECTURES[] = {
    &SRVGG,  &RRDB, &EDSR,  &MSRRESNET,         &SPAN, &REALPLKSR,
    &SWINIR, &UNET, &PATCH, &VGG_DISCRIMINATOR, NULL};

static const Field NO_FIELDS[] = {{0}};
const Architecture FOREIGN = {.name = "onnx",
                              .title = "a network that its ONNX file describes",
                              .kind = KIND_GENERATOR,
                              .fields = NO_FIELDS};

const Architecture *architecture_find(const char *name, NetworkKind kind)
{
    char known[256] = "";
    for (const Architecture *const *a = ARCHITECTURES; *a; a++) {
        if (!((*a)->kind & kind))
            continue;
        if (strcmp((*a)->name, name) == 0)
            return *a;
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", (*a)->name);
    }
    error_set(ERROR_CONFIG, "type: \"%s\" is none of %s", name, known);
    return NULL;
}

int specification_parse(Specification *s, const cJSON *object, NetworkKind kind, int scale,
                        const char *where)
{
    *s = (Specification){.scale = scale};
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(object, "type");
    if (!cJSON_IsString(type))
        return error_set(ERROR_CONFIG, "%s.type: expected a string", where);
    s->architecture = architecture_find(type->valuestring, kind);
    if (!s->architecture)
        return error_note("%s", where);
    s->config = memory_new(s->architecture->config_bytes);
    cJSON *rest = cJSON_Duplicate(object, 1);
    cJSON_DeleteItemFromObjectCaseSensitive(rest, "type");
    int result = fields_parse(s->architecture->fields, s->config, rest, where);
    cJSON_Delete(rest);
    return result;
}

cJSON *specification_dump(const Specification *s)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "type", s->architecture->name);
    cJSON *rest = fields_dump(s->architecture->fields, s->config);
    while (rest->child) {
        cJSON *item = cJSON_DetachItemViaPointer(rest, rest->child);
        cJSON_AddItemToObject(object, item->string, item);
    }
    cJSON_Delete(rest);
    return object;
}

Graph *specification_build(const Specification *s)
{
    return s->architecture->build(s->config, s->scale);
}

void specification_free(Specification *s)
{
    if (s->config)
        fields_free(s->architecture->fields, s->config);
    free(s->config);
    *s = (Specification){0};
}
