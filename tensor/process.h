/* Whether this code has its process to itself, as the program does, or is a guest in somebody
 * else's, as the C library is. */
#ifndef TENSOR_PROCESS_H
#define TENSOR_PROCESS_H

#include <stdbool.h>

/* Called once, before libtorch is loaded. The owner of a process makes settings that libtorch and
 * malloc read at their start (a user's own win), and lets tensors lie in a region of their own. */
bool tensor_owns_process(void);

#endif
