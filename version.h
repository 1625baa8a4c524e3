/* What `unmush --version` prints. */
#ifndef VERSION_H
#define VERSION_H

int version_print(void);

#endif
