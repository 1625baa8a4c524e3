/* What this machine can do at most: the ceiling that shares are told of. */
#ifndef TENSOR_KERNELS_PEAK_H
#define TENSOR_KERNELS_PEAK_H

/* Floating-point operations a second of threads_count() threads that do nothing but multiply and
 * add fp32 vectors in registers (two operations each value), by the instructions that kernels use
 * here. Measured anew in each call, in about a tenth of a second. */
double kernel_peak(void);

/* For one processor each: `rounds` times PEAK_SUMS multiply-adds of vectors; their sum, so that
 * nobody leaves them out, and in *values how many values that were. */
typedef float PeakRun(long rounds, double *values);
PeakRun peak_run_portable, peak_run_avx2, peak_run_avx512;

#endif
