/* Starting this program again on many ranks. */
#ifndef TRAIN_LAUNCH_H
#define TRAIN_LAUNCH_H

/* Replaces this process by `mpirun -n RANKS unmush ARGUMENTS`, with the settings that OpenMPI needs
 * here: no binding to single cores, more ranks than processors and root allowed, time to save a
 * checkpoint after a signal. Arguments called --ranks are left out. Returns only on error. */
int launch_ranks(int ranks, int argc, char **argv);

#endif
