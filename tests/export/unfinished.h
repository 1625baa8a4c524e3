/* What exports leave beside their outputs. */
#ifndef TESTS_EXPORT_UNFINISHED_H
#define TESTS_EXPORT_UNFINISHED_H

/* How many unfinished exports to `output` lie beside it. */
int unfinished_of(const char *output);

#endif
