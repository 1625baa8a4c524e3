#include "core/error.h"
#include "data/resample.h"
#include "eval/baselines.h"
#include "tests/pictures.h"
#include "tests/unit.h"

static void check_split(const char *argument, const char *name, const char *path)
{
    char *n, *p;
    method_argument_split(argument, &n, &p);
    CHECK(strcmp(n, name) == 0);
    CHECK(strcmp(p, path) == 0);
    free(n);
    free(p);
}

TEST(method_arguments_are_a_path_with_or_without_a_name)
{
    check_split("mine=runs/a.safetensors", "mine", "runs/a.safetensors");
    check_split("runs/a.v2.safetensors", "a.v2", "runs/a.v2.safetensors");
    check_split("runs/x=1/a.pth", "a", "runs/x=1/a.pth");
    check_split("/tmp/", "tmp", "/tmp/");
}

TEST(baselines_come_in_the_order_given_and_only_once)
{
    MethodList list = {0};
    CHECK(baselines_add(&list, "none") == 0 && list.count == 0);
    CHECK(baselines_add(&list, "unsharp,nearest") == 0);
    CHECK(list.count == 2);
    CHECK(strcmp(list.items[0].name, "unsharp") == 0);
    CHECK(strcmp(list.items[1].name, "nearest") == 0);
    CHECK(baselines_add(&list, "nearest") == -1);
    CHECK_ERROR(ERROR_USAGE, "two methods are called nearest");
    CHECK(baselines_add(&list, "bilinear,sharpest") == -1);
    CHECK_ERROR(ERROR_USAGE, "sharpest is none of nearest,bilinear");
    method_list_free(&list);
}

TEST(every_baseline_keeps_a_flat_picture_flat)
{
    MethodList list = {0};
    CHECK(baselines_add(&list, BASELINES_ALL) == 0);
    CHECK(list.count == 5);
    Image lr = image_new(9, 7), hr = image_new(27, 21);
    memset(lr.rgb, 93, 9 * 7 * 3);
    MethodInput input = {0, "flat", &lr, &hr, 3};
    for (int k = 0; k < list.count; k++) {
        Image sr;
        CHECK(list.items[k].upscale(list.items[k].context, &input, &sr) == 0);
        CHECK(sr.width == 27 && sr.height == 21);
        int wrong = 0;
        for (int i = 0; i < 27 * 21 * 3; i++)
            wrong += sr.rgb[i] != 93;
        CHECK(wrong == 0);
        image_free(&sr);
    }
    image_free(&lr);
    image_free(&hr);
    method_list_free(&list);
}
