/* Models as methods of an evaluation: computed in float32, so that numbers compare across machines.
 */

#include "core/error.h"
#include "eval/method.h"
#include "eval/upscale.h"

static int upscale(void *context, const MethodInput *input, Image *sr)
{
    return upscaler_run(context, input->lr, sr);
}

static void free_upscaler(void *context)
{
    upscaler_free(context);
}

int method_take_model(Method *method, Model *model, int scale)
{
    if (model->specification.scale != scale)
        error_set(ERROR_CONFIG, "%s: this model enlarges by %d, --scale asks for %d",
                  method->source, model->specification.scale, scale);
    Upscaler *upscaler = error_pending() ? NULL : upscaler_new(model, PRECISION_FP32, 0);
    model_free(model);
    if (!upscaler)
        return error_note("model %s", method->name);
    method->upscale = upscale;
    method->free = free_upscaler;
    method->context = upscaler;
    method->parallel = false; /* libtorch is called from one thread and uses all of them itself */
    return 0;
}

int method_from_model(Method *method, int scale)
{
    Model *model = model_read(method->source);
    return model ? method_take_model(method, model, scale) : error_note("model %s", method->name);
}
