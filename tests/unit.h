/* Unit tests: each TEST registers itself; one program per room runs them through CUnit.
 *
 *     TEST(ssim_of_identical_images_is_one) { ... CHECK(value == 1); ... }
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void unit_add(const char *file, const char *name, void (*body)(void));

#define TEST(name)                                                                                 \
    static void name(void);                                                                        \
    __attribute__((constructor)) static void register_##name(void)                                 \
    {                                                                                              \
        unit_add(__FILE__, #name, name);                                                           \
    }                                                                                              \
    static void name(void)

/* CHECK goes on after a failure, REQUIRE ends the test. */
#define CHECK(condition)   CU_ASSERT(condition)
#define REQUIRE(condition) CU_ASSERT_FATAL(condition)

/* |a - b| <= tolerance, printing both if not. */
#define CHECK_NEAR(a, b, tolerance) unit_near((a), (b), (tolerance), __FILE__, __LINE__, false)
/* |a - b| <= tolerance * |b|. */
#define CHECK_RELATIVE(a, b, tolerance) unit_near((a), (b), (tolerance), __FILE__, __LINE__, true)
void unit_near(double a, double b, double tolerance, const char *file, int line, bool relative);

/* The pending error has this code and its message contains this text; it is cleared. */
#define CHECK_ERROR(code, text) unit_error((code), (text), __FILE__, __LINE__)
void unit_error(int code, const char *text, const char *file, int line);

/* No error is pending; if one is, it is printed, cleared and counted as a failure. */
#define CHECK_NO_ERROR() unit_no_error(__FILE__, __LINE__)
void unit_no_error(const char *file, int line);

/* Says visibly that this test could not run here; the test returns after it. */
void unit_skip(const char *reason);

/* A path below the folder of shared photographs and oracle values, or NULL (then skip). The folder
 * is $UNMUSH_SHARED, else ../shared beside the source folder. Valid until the next call. */
const char *unit_shared(const char *name);

/* A path in tests/fixtures, where oracle values lie beside the scripts that made them. Valid until
 * the next call. */
const char *unit_fixture(const char *name);

/* A path in a scratch folder that is removed after the run. Valid until 8 more calls. */
const char *unit_scratch(const char *name);

#endif
