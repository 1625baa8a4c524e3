/* Older generations of ESRGAN's keys. */
#include "core/error.h"
#include "nets/model.h"
#include "nets/rrdb.h"
#include "tests/nets/formula.h"
#include "tests/unit.h"

static Graph *small_rrdb(int enlargements, int scale)
{
    return RRDB.build(
        &(RrdbConfig){.features = 4, .growth = 2, .blocks = 3, .enlargements = enlargements},
        scale);
}

/* What the first generation called KEY: places in a flat list of modules. */
static void oldest_name(const char *key, int enlargements, char *name, size_t room)
{
    int block, rdb, conv, up;
    const char *rest = strrchr(key, '.');
    if (sscanf(key, "body.%d.rdb%d.conv%d", &block, &rdb, &conv) == 3)
        snprintf(name, room, "model.1.sub.%d.RDB%d.conv%d.0%s", block, rdb, conv, rest);
    else if (sscanf(key, "conv_up%d", &up) == 1)
        snprintf(name, room, "model.%d%s", 3 * up, rest);
    else if (strncmp(key, "conv_first", 10) == 0)
        snprintf(name, room, "model.0%s", rest);
    else if (strncmp(key, "conv_body", 9) == 0)
        snprintf(name, room, "model.1.sub.3%s", rest);
    else
        snprintf(name, room, "model.%d%s", 3 * enlargements + (strncmp(key, "conv_hr", 7) ? 4 : 2),
                 rest);
}

/* What the second generation called it. */
static void middle_name(const char *key, int enlargements, char *name, size_t room)
{
    int block, rdb, conv, up;
    const char *rest = strrchr(key, '.');
    (void)enlargements;
    if (sscanf(key, "body.%d.rdb%d.conv%d", &block, &rdb, &conv) == 3)
        snprintf(name, room, "RRDB_trunk.%d.RDB%d.conv%d%s", block, rdb, conv, rest);
    else if (sscanf(key, "conv_up%d", &up) == 1)
        snprintf(name, room, "upconv%d%s", up, rest);
    else if (strncmp(key, "conv_body", 9) == 0)
        snprintf(name, room, "trunk_conv%s", rest);
    else if (strncmp(key, "conv_hr", 7) == 0)
        snprintf(name, room, "HRconv%s", rest);
    else
        snprintf(name, room, "%s", key);
}

typedef void Naming(const char *key, int enlargements, char *name, size_t room);

static void check_generation(Naming *old, int enlargements, int scale)
{
    const char *path = unit_scratch("old.safetensors");
    Graph *g = small_rrdb(enlargements, scale);
    REQUIRE(g != NULL);
    Weights *weights = formula_weights_by_key(g, 1), *file = weights_new();
    for (int i = 0; i < weights->count; i++) {
        const Weight *w = &weights->items[i];
        char name[96];
        old(w->key, enlargements, name, sizeof name);
        CHECK(strcmp(name, w->key) != 0 || strstr(name, "conv_first") || strstr(name, "conv_last"));
        memcpy(weights_add(file, name, w->rank, w->shape)->values, w->values,
               (size_t)w->count * sizeof(float));
    }
    CHECK(weights_write(path, file) == 0);
    Model *model = model_read(path);
    CHECK_NO_ERROR();
    REQUIRE(model != NULL);
    const RrdbConfig *c = model->specification.config;
    CHECK(model->specification.architecture == &RRDB && model->specification.scale == scale);
    CHECK(c->features == 4 && c->growth == 2 && c->blocks == 3 && c->enlargements == enlargements);
    for (int i = 0; i < weights->count; i++) {
        const Weight *w = &weights->items[i], *found = weights_find(model->weights, w->key);
        REQUIRE(found != NULL);
        CHECK(memcmp(found->values, w->values, (size_t)w->count * sizeof(float)) == 0);
    }
    model_free(model);
    weights_free(file);
    weights_free(weights);
    graph_free(g);
}

TEST(the_first_generation_of_esrgan_keys_is_read_at_every_scale)
{
    for (int enlargements = 0; enlargements <= 3; enlargements++)
        check_generation(oldest_name, enlargements, 1 << enlargements);
}

TEST(the_second_generation_of_esrgan_keys_is_read)
{
    check_generation(middle_name, 2, 4);
    check_generation(middle_name, 1, 2); /* BSRGAN's */
    check_generation(middle_name, 2, 1); /* pixel-unshuffled */
}

TEST(a_file_with_two_generations_of_keys_is_refused)
{
    const char *path = unit_scratch("both.safetensors");
    Weights *file = weights_new();
    weights_add(file, "RRDB_trunk.0.RDB1.conv1.weight", 1, (int64_t[]){1});
    weights_add(file, "trunk_conv.weight", 1, (int64_t[]){1});
    weights_add(file, "conv_body.weight", 1, (int64_t[]){1});
    CHECK(weights_write(path, file) == 0);
    CHECK(weights_read(path) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "conv_body.weight appears twice");
    weights_free(file);
}

TEST(keys_of_other_networks_keep_their_names)
{
    const char *path = unit_scratch("other.safetensors");
    Weights *file = weights_new();
    weights_add(file, "upconv1.weight", 1, (int64_t[]){1});
    weights_add(file, "model.0.weight", 1, (int64_t[]){1});
    CHECK(weights_write(path, file) == 0);
    Weights *read = weights_read(path);
    REQUIRE(read != NULL);
    CHECK(weights_find(read, "upconv1.weight") && weights_find(read, "model.0.weight"));
    weights_free(read);
    weights_free(file);
}
