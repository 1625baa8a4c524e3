/* Loops compiled for several processors, chosen when the program starts. The sums keep their order,
 * so every processor computes the same bits. */
#ifndef CORE_VECTOR_H
#define CORE_VECTOR_H

/* Not under AddressSanitizer or ThreadSanitizer, whose start the choice of a clone would precede;
 * nor with clang, whose older versions lose cloned functions that other files call. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&      \
    !defined(__clang__)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif

/* Before a loop of which no round reads what another writes, though its results may lie where its
 * operands do. */
#ifdef __clang__
#define ROUNDS_ARE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define ROUNDS_ARE_INDEPENDENT _Pragma("GCC ivdep")
#endif

#endif
