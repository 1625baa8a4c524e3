/* Making a pair store, by all ranks together. */
#ifndef DATA_PAIRS_WRITE_H
#define DATA_PAIRS_WRITE_H

#include "data/pairs_job.h"

/* Makes every pair of the job and writes the store to `path`, which appears only when whole and is
 * then the same byte for byte, whatever the number of ranks and threads and however often a run was
 * interrupted. What is made lies in the folder PATH.parts meanwhile (pairs_parts.h) and stays there
 * on an error that the same command can go on from: an interruption, a full disk. Collective: every
 * rank has the same arguments. On error -1 is returned on every rank; should HDF5 itself fail, the
 * whole run ends here with one line. */
int pairs_write(const char *path, const PairJob *job);

#endif
