/* What core/ranks*.c share; nobody else includes it. */
#ifndef CORE_RANKS_PARTS_H
#define CORE_RANKS_PARTS_H

#include <stdbool.h>

/* 0, or -1 with ERROR_RANK saying what MPI says of `code`. */
int ranks_check(int code, const char *what);

/* ranks_watch.c: two threads of every rank that has others. The companion calls MPI beside the
 * program (it exists only where MPI allows that): it moves sums on and tells the others that this
 * rank lives. The watchdog never calls MPI and looks at clocks alone. */
int watch_begin(bool may_call_mpi);
void watch_end(void);  /* collective: ends them once every rank has come here */
void watch_wake(void); /* there may be a sum to move on */

/* Around every wait for other ranks; `what` is a constant string. Adds to ranks_waited. */
void watch_enter(const char *what);
void watch_leave(void);

/* This process ends within some seconds, whatever MPI does. */
void watch_leaving(void);

/* ranks_launcher.c: if mpirun or one of its daemons started this process, it is killed in some
 * seconds unless it has ended by then; a process of its own sees to that. */
void launcher_end(void);

/* ranks_sum.c, for the companion: starts sums that are ready and looks after those under way,
 * unless another thread does; whether it should look again soon. */
bool sums_advance(void);

#endif
