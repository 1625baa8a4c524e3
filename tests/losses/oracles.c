/* Losses and their gradients against published implementations: tests/fixtures/losses.py. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "core/json.h"
#include "images.h"
#include "losses/colour.h"
#include "losses/focal_frequency.h"
#include "losses/gradient.h"
#include "losses/ldl.h"
#include "losses/ms_ssim.h"
#include "losses/mse.h"
#include "losses/planes.h"
#include "losses/ssim.h"
#include "tests/unit.h"

static const int PLACES[] = {0, 1234, 5000, 17171};

/* The fixture's three pictures. */
typedef enum Role { ROLE_SR, ROLE_HR, ROLE_AVERAGE } Role;

static double formula(Role role, int n, int c, int y, int x)
{
    double hr =
        ((37 * (x / 8) * (1 + y / 8) + 80 * c + 50 * n) % 200 + (3 * x + 5 * y + x * y) % 23) /
        222.0;
    double error = ((7 * x + 13 * y + 5 * c + 11 * n) % 17 - 8) / 64.0;
    if (role == ROLE_SR)
        return 0.9 * hr + 0.05 + error * ((x + 2 * y) % 40) / 40;
    return role == ROLE_HR ? hr : 0.95 * hr + 0.025 + 0.5 * ((5 * x + 3 * y + c) % 13 - 6) / 64;
}

static Tensor *picture(Role role, const int64_t *shape)
{
    int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
    float *values = calloc((size_t)count, sizeof *values);
    for (int64_t i = 0; i < count; i++) {
        int x = (int)(i % shape[3]), y = (int)(i / shape[3] % shape[2]);
        int plane = (int)(i / shape[3] / shape[2]);
        values[i] = (float)formula(role, plane / 3, plane % 3, y, x);
    }
    Tensor *t = tensor_from_floats(values, 4, shape);
    free(values);
    return t;
}

static double number(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key)->valuedouble;
}

static void check_gradient(const cJSON *expected, Tensor *slope)
{
    int64_t count = tensor_count(slope);
    double *values = calloc((size_t)count, sizeof *values), squares = 0;
    tensor_to_doubles(slope, values, count);
    for (int64_t i = 0; i < count; i++)
        squares += values[i] * values[i];
    double norm = number(expected, "gradient");
    CHECK_RELATIVE(sqrt(squares), norm, 2e-4);
    for (int i = 0; i < 4; i++) {
        double at = cJSON_GetArrayItem(cJSON_GetObjectItem(expected, "at"), i)->valuedouble;
        CHECK_NEAR(values[PLACES[i]], at, 2e-4 * norm / sqrt((double)count) + 2e-4 * fabs(at));
    }
    free(values);
}

static void check_oracle(const char *name, LossOfPair loss)
{
    cJSON *all = json_read(unit_fixture("losses.json"));
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(all, name);
    REQUIRE(expected != NULL);
    const cJSON *extents = cJSON_GetObjectItemCaseSensitive(expected, "shape");
    const int64_t shape[] = {cJSON_GetArrayItem(extents, 0)->valueint, 3,
                             cJSON_GetArrayItem(extents, 1)->valueint,
                             cJSON_GetArrayItem(extents, 2)->valueint};
    tensor_scope_begin();
    Tensor *sr = tensor_leaf(picture(ROLE_SR, shape));
    Tensor *value = loss(sr, picture(ROLE_HR, shape), 1);
    double known = number(expected, "value"); /* of which some are 1 less a float32 */
    CHECK_NEAR(tensor_item(value), known, 1e-5 * known + 2e-6);
    CHECK(tensor_backward(value) == 0);
    check_gradient(expected, tensor_gradient(sr));
    tensor_scope_end();
    planes_forget();
    cJSON_Delete(all);
    CHECK_NO_ERROR();
    CHECK(tensor_live() == 0);
}

/* With the fixture's average. */
static Tensor *ldl(Tensor *sr, Tensor *hr, double share)
{
    const int64_t shape[] = {tensor_extent(sr, 0), 3, tensor_extent(sr, 2), tensor_extent(sr, 3)};
    return loss_ldl(sr, hr, picture(ROLE_AVERAGE, shape), share);
}

TEST(losses_agree_with_published_implementations)
{
    check_oracle("mse", loss_mse);
    check_oracle("ssim", loss_ssim);
    check_oracle("ms_ssim", loss_ms_ssim);
    check_oracle("focal_frequency", loss_focal_frequency);
    check_oracle("ldl", ldl);
    check_oracle("gradient", loss_gradient);
    check_oracle("colour", loss_colour);
}
