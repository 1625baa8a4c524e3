#include "train/checkpoint.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/threads.h"
#include "data/hdf5_file.h"

/* The processor's name, as far as the system tells. */
static void name_processor(char *text, size_t size)
{
    char line[512];
    snprintf(text, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, "model name", 10) != 0)
            continue;
        snprintf(text, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

Surroundings surroundings_here(const Network *generator)
{
    Surroundings s = {.ranks = ranks_size(), .threads = threads_count()};
    unsigned major, minor, release;
    H5get_libversion(&major, &minor, &release);
    name_processor(s.processor, sizeof s.processor);
    snprintf(s.libraries, sizeof s.libraries, "%s, HDF5 %u.%u.%u", tensor_version(), major, minor,
             release);
    snprintf(s.backend, sizeof s.backend, "%s", network_backend_name(generator));
    snprintf(s.precision, sizeof s.precision, "%s", network_precision_name(generator));
    return s;
}

/* ---- Writing -------------------------------------------------------------------------------- */

static int write_floats(hid_t place, const char *name, int rank, const int64_t *shape,
                        const float *values)
{
    hsize_t extents[WEIGHT_MOST_DIMENSIONS] = {1};
    for (int i = 0; i < rank; i++)
        extents[i] = (hsize_t)shape[i];
    if (rank == 0)
        rank = 1;
    hid_t space = H5Screate_simple(rank, extents, NULL);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(layout, rank, extents);
    H5Pset_fletcher32(layout);
    hid_t set = H5Dcreate2(place, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    int result =
        set >= 0 && H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0
            ? 0
            : hdf5_fail(name);
    if (set >= 0)
        H5Dclose(set);
    H5Pclose(layout);
    H5Sclose(space);
    return result;
}

static int write_vector(hid_t place, const char *name, Tensor *vector)
{
    int64_t count = tensor_count(vector);
    float *values = memory_array((size_t)count, sizeof *values);
    int result = tensor_to_floats(vector, values, count);
    if (result == 0)
        result = write_floats(place, name, 1, &count, values);
    free(values);
    return result;
}

static int write_parameters(hid_t place, const Learner *l)
{
    Weights *weights = network_weights(l->network, NULL);
    if (!weights)
        return -1;
    hid_t group = H5Gcreate2(place, "parameters", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int result = group >= 0 ? 0 : hdf5_fail("parameters");
    for (int i = 0; i < weights->count && result == 0; i++) {
        const Weight *w = &weights->items[i];
        result = write_floats(group, w->key, w->rank, w->shape, w->values);
    }
    if (group >= 0)
        H5Gclose(group);
    weights_free(weights);
    return result;
}

static int write_learner(hid_t file, const Learner *l)
{
    hid_t group = H5Gcreate2(file, l->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
        return hdf5_fail(l->name);
    int result = write_parameters(group, l);
    if (result == 0)
        result = hdf5_put_integer(group, "optimiser", l->optimiser);
    for (int i = 0; result == 0 && i < tensor_optimiser_states(l->optimiser); i++)
        result = write_vector(group, learner_state_names(l->optimiser)[i], l->states[i]);
    if (result == 0 && l->average)
        result = write_vector(group, "average", l->average);
    H5Gclose(group);
    return result;
}

/* A dataset, as attributes hold at most 64 KiB. */
static int write_text(hid_t file, const char *name, const char *text)
{
    hid_t type = hdf5_text_type(strlen(text) + 1), space = H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int result = set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0
                     ? 0
                     : hdf5_fail(name);
    if (set >= 0)
        H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
    return result;
}

static int write_attributes(hid_t file, const Position *p, const Network *generator)
{
    Surroundings s = surroundings_here(generator);
    return hdf5_put_integer(file, "version", CHECKPOINT_VERSION) == 0 &&
                   hdf5_put_integer(file, "step", p->step) == 0 &&
                   hdf5_put_integer(file, "stage", p->stage) == 0 &&
                   hdf5_put_integer(file, "stage_step", p->stage_step) == 0 &&
                   hdf5_put_integer(file, "attempt", p->attempt) == 0 &&
                   hdf5_put_integer(file, "skipped", p->skipped) == 0 &&
                   hdf5_put_integer(file, "rollbacks", p->rollbacks) == 0 &&
                   hdf5_put_integer(file, "ranks", s.ranks) == 0 &&
                   hdf5_put_integer(file, "threads", s.threads) == 0 &&
                   hdf5_put_string(file, "processor", s.processor) == 0 &&
                   hdf5_put_string(file, "libraries", s.libraries) == 0 &&
                   hdf5_put_string(file, "backend", s.backend) == 0 &&
                   hdf5_put_string(file, "precision", s.precision) == 0
               ? 0
               : -1;
}

int checkpoint_write(const char *path, const Position *position, const char *config,
                     const Learner *generator, const Learner *discriminator)
{
    hid_t file = hdf5_create_in_memory();
    if (file < 0)
        return -1;
    int result = write_attributes(file, position, generator->network);
    if (result == 0)
        result = write_text(file, "config", config);
    if (result == 0)
        result = write_learner(file, generator);
    if (result == 0 && discriminator)
        result = write_learner(file, discriminator);
    if (result == 0)
        result = hdf5_write_memory(file, path);
    H5Fclose(file);
    return result;
}

/* ---- Reading -------------------------------------------------------------------------------- */

static int read_floats(hid_t place, const char *name, int64_t count, float *values)
{
    hid_t set = H5Dopen2(place, name, H5P_DEFAULT);
    if (set < 0)
        return hdf5_fail(name);
    hid_t space = H5Dget_space(set);
    int result = 0;
    if (H5Sget_simple_extent_npoints(space) != count)
        result = error_set(ERROR_FORMAT, "%s: holds %lld values, %lld expected", name,
                           (long long)H5Sget_simple_extent_npoints(space), (long long)count);
    else if (H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        result = hdf5_fail(name);
    H5Sclose(space);
    H5Dclose(set);
    return result;
}

static int read_vector(hid_t place, const char *name, Tensor *vector)
{
    int64_t count = tensor_count(vector);
    float *values = memory_array((size_t)count, sizeof *values);
    int result = read_floats(place, name, count, values);
    if (result == 0)
        result = tensor_set_floats(vector, values, count);
    free(values);
    return result;
}

static int read_parameters(hid_t place, Learner *l)
{
    hid_t group = H5Gopen2(place, "parameters", H5P_DEFAULT);
    if (group < 0)
        return hdf5_fail("parameters");
    Weights *weights = weights_new();
    int result = 0;
    for (int i = 0; i < l->graph->parameter_count && result == 0; i++) {
        const Parameter *p = &l->graph->parameters[i];
        Weight *w = weights_add(weights, p->key, p->rank, p->shape);
        result = read_floats(group, p->key, p->count, w->values);
    }
    if (result == 0)
        result = network_set_weights(l->network, weights);
    weights_free(weights);
    H5Gclose(group);
    return result;
}

static int read_optimiser(hid_t group, Learner *l)
{
    int64_t kind = -1;
    if (hdf5_get_integer(group, "optimiser", &kind) != 0)
        return -1;
    if (kind < OPTIMISER_ADAM || kind > OPTIMISER_SCHEDULE_FREE)
        return error_set(ERROR_FORMAT, "optimiser %lld is unknown", (long long)kind);
    int result = learner_set_optimiser(l, (OptimiserKind)kind);
    for (int i = 0; result == 0 && i < tensor_optimiser_states(l->optimiser); i++)
        result = read_vector(group, learner_state_names(l->optimiser)[i], l->states[i]);
    return result;
}

static int read_learner(hid_t file, Learner *l)
{
    hid_t group = H5Gopen2(file, l->name, H5P_DEFAULT);
    if (group < 0)
        return hdf5_fail(l->name);
    int result = read_parameters(group, l);
    if (result == 0)
        result = read_optimiser(group, l);
    if (result == 0 && l->average)
        result = read_vector(group, "average", l->average);
    H5Gclose(group);
    return result == 0 ? 0 : error_note("%s", l->name);
}

int checkpoint_read(const char *path, Learner *generator, Learner *discriminator)
{
    hid_t file = hdf5_open(path);
    if (file < 0)
        return -1;
    int result = read_learner(file, generator);
    if (result == 0 && discriminator)
        result = read_learner(file, discriminator);
    H5Fclose(file);
    return result == 0 ? 0 : error_note("%s", path);
}

/* What older files do not say stays 0. */
static int get_if_there(hid_t file, const char *name, int64_t *value)
{
    return H5Aexists(file, name) > 0 ? hdf5_get_integer(file, name, value) : 0;
}

static int get_text_if_there(hid_t file, const char *name, char *text, size_t size)
{
    return H5Aexists(file, name) > 0 ? hdf5_get_string(file, name, text, size) : 0;
}

static int read_attributes(hid_t file, CheckpointHead *head)
{
    int64_t version = 0;
    Position *p = &head->position;
    Surroundings *s = &head->surroundings;
    snprintf(s->backend, sizeof s->backend, "torch");
    if (hdf5_get_integer(file, "version", &version) != 0)
        return -1;
    if (version != CHECKPOINT_VERSION)
        return error_set(ERROR_FORMAT, "version %lld, only %d is known", (long long)version,
                         CHECKPOINT_VERSION);
    return hdf5_get_integer(file, "step", &p->step) == 0 &&
                   hdf5_get_integer(file, "stage", &p->stage) == 0 &&
                   hdf5_get_integer(file, "stage_step", &p->stage_step) == 0 &&
                   hdf5_get_integer(file, "attempt", &p->attempt) == 0 &&
                   get_if_there(file, "skipped", &p->skipped) == 0 &&
                   get_if_there(file, "rollbacks", &p->rollbacks) == 0 &&
                   hdf5_get_integer(file, "ranks", &s->ranks) == 0 &&
                   hdf5_get_integer(file, "threads", &s->threads) == 0 &&
                   hdf5_get_string(file, "processor", s->processor, sizeof s->processor) == 0 &&
                   hdf5_get_string(file, "libraries", s->libraries, sizeof s->libraries) == 0 &&
                   get_text_if_there(file, "backend", s->backend, sizeof s->backend) == 0 &&
                   get_text_if_there(file, "precision", s->precision, sizeof s->precision) == 0
               ? 0
               : -1;
}

static cJSON *read_config(hid_t file)
{
    enum { MOST_BYTES = 1 << 24 };
    hid_t set = H5Dopen2(file, "config", H5P_DEFAULT);
    if (set < 0) {
        hdf5_fail("config");
        return NULL;
    }
    hid_t type = H5Dget_type(set);
    size_t bytes = H5Tget_size(type);
    cJSON *config = NULL;
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0 || bytes > MOST_BYTES) {
        error_set(ERROR_FORMAT, "config: not a text");
    } else {
        char *text = memory_new(bytes + 1);
        if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) < 0)
            hdf5_fail("config");
        else
            config = json_parse(text, strlen(text), "config");
        free(text);
    }
    H5Tclose(type);
    H5Dclose(set);
    return config;
}

int checkpoint_read_head(const char *path, CheckpointHead *head)
{
    *head = (CheckpointHead){0};
    hid_t file = hdf5_open(path);
    if (file < 0)
        return -1;
    int result = read_attributes(file, head);
    if (result == 0 && !(head->config = read_config(file)))
        result = -1;
    H5Fclose(file);
    return result == 0 ? 0 : error_note("%s", path);
}

void checkpoint_head_free(CheckpointHead *head)
{
    cJSON_Delete(head->config);
    *head = (CheckpointHead){0};
}
