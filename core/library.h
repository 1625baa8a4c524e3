/* Parts of the program that are shared libraries of their own, loaded at their first use. */
#ifndef CORE_LIBRARY_H
#define CORE_LIBRARY_H

/* Where the library of that file name lies: what the environment variable says; beside the program,
 * or the shared library, that this code is in; or in the library folder of the installation. The
 * file need not exist. The caller frees it. */
char *library_path(const char *file, const char *variable);

#endif
