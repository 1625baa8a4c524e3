/* How many threads this rank uses, and loops spread over them. */
#ifndef CORE_THREADS_H
#define CORE_THREADS_H

/* 0: the processors this process may use, divided by the ranks on this host. */
void threads_set(int count);
/* For loops that this thread begins; 0: as everywhere. Returns what it was, to be set again. */
int threads_set_here(int count);
int threads_count(void);

/* Calls body(context, i) for i in 0..count-1 from up to threads_count() threads; the order is not
 * defined, so results must not depend on it. An error in any call ends the loop early and becomes
 * the caller's. A loop inside a loop runs in its thread alone. Returns 0 or -1. */
int threads_for(int count, int (*body)(void *context, int i), void *context);

#endif
