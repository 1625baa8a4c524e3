/* Which files of a folder are published weights, by how their names begin. */
#ifndef NETS_PUBLISHED_H
#define NETS_PUBLISHED_H

#include "core/file.h"
#include "nets/weights.h"

/* The folder that `directory` stands for (weights_folder of nets/weights_catalogue.h) and the files
 * in it; the cache may not be there yet. The caller frees both, also on error. 0 or -1. */
int published_list(const char *directory, char **folder, FileList *list);

/* The first weights file (.pth, .pt or .safetensors) whose name begins so, or NULL. */
const char *published_find(const FileList *list, const char *beginning);

/* Both files read. -1 with an error that names the file; both are NULL then. */
int published_read(const char *first_path, const char *second_path, Weights **first,
                   Weights **second);

#endif
