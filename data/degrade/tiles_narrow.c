/* Four floats a vector: what every 64-bit processor has. */
#define FOR_EVERY_PROCESSOR
#define LANES      4
#define TILE_LOOPS TILE_LOOPS_NARROW
#include "data/degrade/tiles_loops.h"
