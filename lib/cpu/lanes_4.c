/* cpu/lanes_4.c - the loops over a block, by vectors of four numbers (AVX2). */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#pragma GCC target("avx2")
#define WIDTH 4
#define TABLE cpu_lanes_4
#include "cpu/lanes.h"
#else
#include "cpu/internal.h"
const CpuLanes cpu_lanes_4 = {.width = 0}; /* no machine has them */
#endif
