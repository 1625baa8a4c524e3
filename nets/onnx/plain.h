/* Files of other exporters in the spelling that the reader knows: constants that are nodes become
 * initialisers, numbers kept one by one or in other types become raw float32 or int64, and casts
 * between float types go. */
#ifndef NETS_ONNX_PLAIN_H
#define NETS_ONNX_PLAIN_H

#include "onnx_schema.pb-c.h"

/* Changes `graph`, keeping the order of its other nodes. Arrays of other types, and those whose
 * values lie in another file, stay as they are. Hardly more is allocated than the file holds. */
void onnx_make_plain(Onnx__GraphProto *graph);

#endif
