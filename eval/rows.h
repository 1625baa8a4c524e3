/* Sums over one row in double precision, in eight lanes so that they vectorise. */
#ifndef EVAL_ROWS_H
#define EVAL_ROWS_H

/* The sum of `count` floats. */
double row_sum(const float *values, int count);

/* The sum of (a - b)^2. */
double row_squared_error(const float *a, const float *b, int count);

#endif
