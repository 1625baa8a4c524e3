/* Eight floats a vector, where a processor may have them: a clone without would do them one by one.
 */
#include "core/vector.h"

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define LANES      8
#define TILE_LOOPS TILE_LOOPS_WIDE
#include "data/degrade/tiles_loops.h"
#endif
