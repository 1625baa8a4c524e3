/* Foreign spellings of keys: the one table of names that older or other programs gave to parameters
 * of networks known here. */
#ifndef NETS_RENAME_H
#define NETS_RENAME_H

#include "nets/weights.h"

/* Gives every array the name it has here. Tables of no known foreign generation stay as they are.
 * Two arrays may end up with one name if the file holds several generations. */
void weights_rename(Weights *weights);

#endif
