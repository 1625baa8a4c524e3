/* Models as methods of an evaluation: computed in float32, so that numbers compare across machines.
 */

#include "core/error.h"
#include "core/memory.h"
#include "eval/method.h"
#include "upscale/upscaler.h"

static int upscale(void *context, const MethodInput *input, Image *sr)
{
    return upscaler_run(context, input->lr, sr);
}

static void free_upscaler(void *context)
{
    upscaler_free(context);
}

/* Takes the upscaler, which may be NULL with an error. */
static int take_upscaler(Method *method, Upscaler *upscaler, int scale)
{
    if (upscaler && upscaler_scale(upscaler) != scale)
        error_set(ERROR_CONFIG, "%s: this model enlarges by %d, --scale asks for %d",
                  method->source, upscaler_scale(upscaler), scale);
    if (error_pending()) {
        upscaler_free(upscaler);
        return error_note("model %s", method->name);
    }
    method->engine = memory_copy_string(upscaler_engine(upscaler));
    method->upscale = upscale;
    method->free = free_upscaler;
    method->context = upscaler;
    method->parallel = false; /* either library uses all threads itself */
    return 0;
}

int method_take_model(Method *method, Model *model, int scale)
{
    return take_upscaler(method, upscaler_take(model, PRECISION_FP32, 0), scale);
}

int method_from_model(Method *method, int scale, OnnxChoice onnx)
{
    return take_upscaler(method, upscaler_open(method->source, PRECISION_FP32, onnx, 0), scale);
}
