/* Keeps an interrupted run from leaving its temporary file: mpirun gives ranks as little as 0.2 s
 * between SIGTERM and SIGKILL, while one HDF5 call may take longer. */
#ifndef DATA_PART_GUARD_H
#define DATA_PART_GUARD_H

typedef struct PartGuard PartGuard;

/* From now on a thread removes the file `path` as soon as a signal is pending (core/interrupt.h),
 * whatever the other threads are doing. */
PartGuard *part_guard_begin(const char *path);

/* Stops that. Sets ERROR_INTERRUPT if a signal is pending: the file is gone, or is removed now. */
int part_guard_end(PartGuard *guard);

#endif
