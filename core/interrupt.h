/* SIGINT, SIGTERM and SIGUSR1 as a flag that loops look at. (SIGUSR1 is what mpirun passes on to
 * ranks without killing them soon after, and what schedulers send as an early warning.) */
#ifndef CORE_INTERRUPT_H
#define CORE_INTERRUPT_H

#include <stdbool.h>

void interrupt_catch(void); /* from now on a signal sets the flag; a second SIGINT ends at once */
bool interrupt_pending(void);

#endif
