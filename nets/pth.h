/* The two layouts of torch's weights files; both lead to a pickle with its storages found. */
#ifndef NETS_PTH_H
#define NETS_PTH_H

#include "nets/pickle.h"

/* Each reads a whole file in memory. The object's storages refer to `bytes`; in the older format
 * one that the file does not list keeps bytes NULL. NULL with ERROR_FORMAT. */
Pickle *pth_read_zip(const uint8_t *bytes, size_t count, const char *file);
Pickle *pth_read_older(const uint8_t *bytes, size_t count, const char *file);

#endif
