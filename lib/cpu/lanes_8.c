/* cpu/lanes_8.c - the loops over a block, by vectors of eight numbers (AVX-512). */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
#define WIDTH 8
#define TABLE cpu_lanes_8
#include "cpu/lanes.h"
#else
#include "cpu/internal.h"
const CpuLanes cpu_lanes_8 = {.width = 0}; /* no machine has them */
#endif
