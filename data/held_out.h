/* Pictures that training must not see because validation shows them. */
#ifndef DATA_HELD_OUT_H
#define DATA_HELD_OUT_H

#include <stdbool.h>

typedef struct HeldOut HeldOut;

/* The files at these paths. ERROR_FILE. */
HeldOut *held_out_new(char *const *paths, int count);
void held_out_free(HeldOut *held_out);

/* Sets *held to whether a file is one of them: the same file under any name, or a copy with the
 * same content. May be called from several threads at once. ERROR_FILE. */
int held_out_check(const HeldOut *held_out, const char *path, bool *held);

#endif
