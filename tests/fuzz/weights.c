/* Fuzz target: any bytes as a weights file, and as an ONNX file. With libFuzzer:
 *     clang -fsanitize=fuzzer,address,undefined tests/fuzz/weights.c ... */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/error.h"
#include "nets/onnx/read.h"
#include "nets/weights_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Ends the program if parsing neither succeeds nor says why. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    Weights *weights = weights_parse(bytes, count, "input");
    if ((weights == NULL) == (error_pending() == ERROR_NONE))
        abort();
    error_clear();
    weights_free(weights);
    OnnxNetwork network;
    int read = onnx_parse(bytes, count, "input", &network);
    if ((read == 0) != (error_pending() == ERROR_NONE))
        abort();
    error_clear();
    if (read == 0)
        onnx_network_free(&network);
    return 0;
}
