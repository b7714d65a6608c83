/* cpu/lanes_2.c - the loops over a block, by vectors that every machine has. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif
#define WIDTH 2
#define TABLE cpu_lanes_2
#include "cpu/lanes.h"
