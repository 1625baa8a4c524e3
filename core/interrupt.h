/* SIGINT and SIGTERM as a flag that loops look at. */
#ifndef CORE_INTERRUPT_H
#define CORE_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void); /* from now on a signal sets the flag; a second SIGINT ends at once */
bool interrupt_pending(void);

#endif
