#include "tests/unit.h"

#include <CUnit/TestRun.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/ranks.h"

typedef struct Case {
    const char *file, *name;
    void (*body)(void);
    bool skipped;
} Case;

static Case cases[1024];
static int case_count;
static Case *current;
static char scratch[64];

void unit_add(const char *file, const char *name, void (*body)(void))
{
    if (case_count < (int)(sizeof cases / sizeof *cases))
        cases[case_count++] = (Case){file, name, body, false};
}

void unit_near(double a, double b, double tolerance, const char *file, int line, bool relative)
{
    double limit = relative ? tolerance * fabs(b) : tolerance;
    bool good = fabs(a - b) <= limit;
    if (!good)
        printf("%s:%d: %.9g is not within %g of %.9g\n", file, line, a, limit, b);
    CU_assertImplementation(good, (unsigned)line, "near", file, "", CU_FALSE);
}

void unit_error(int code, const char *text, const char *file, int line)
{
    bool good = (int)error_pending() == code && strstr(error_message(), text);
    if (!good)
        printf("%s:%d: expected error %d with \"%s\", have %d \"%s\"\n", file, line, code, text,
               (int)error_pending(), error_message());
    error_clear();
    CU_assertImplementation(good, (unsigned)line, "error", file, "", CU_FALSE);
}

void unit_no_error(const char *file, int line)
{
    bool good = error_pending() == ERROR_NONE;
    if (!good)
        printf("%s:%d: unexpected error: %s\n", file, line, error_message());
    error_clear();
    CU_assertImplementation(good, (unsigned)line, "no error", file, "", CU_FALSE);
}

void unit_skip(const char *reason)
{
    printf("skipped %s: %s\n", current->name, reason);
    current->skipped = true;
}

const char *unit_shared(const char *name)
{
    static char path[4096];
    const char *folder = getenv("UNMUSH_SHARED");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : UNIT_SOURCE_DIR "/../shared", name);
    return file_exists(path) ? path : NULL;
}

const char *unit_fixture(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/tests/fixtures/%s", UNIT_SOURCE_DIR, name);
    return path;
}

const char *unit_scratch(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status, (void)flag, (void)walk;
    return remove(path);
}

static void run_current(void)
{
    current->body();
    unit_no_error(current->file, 0);
}

/* Arguments: parts of test names to run; none: all. Prints "N passed, N failed[, N skipped]". */
int main(int argc, char **argv)
{
    /* Before libtorch's OpenMP is loaded: threads that wait turning round take the processors from
     * whatever else runs. */
    setenv("OMP_WAIT_POLICY", "passive", 0);
    snprintf(scratch, sizeof scratch, "/tmp/unmush-test-XXXXXX");
    if (!mkdtemp(scratch) || ranks_begin() != 0 || CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite suite = CU_add_suite("room", NULL, NULL);
    int failed = 0, passed = 0, skipped = 0;
    for (int i = 0; i < case_count; i++) {
        bool wanted = argc < 2;
        for (int a = 1; a < argc; a++)
            wanted |= strstr(cases[i].name, argv[a]) != NULL;
        if (!wanted)
            continue;
        current = &cases[i];
        CU_pTest test = CU_add_test(suite, current->name, run_current);
        CU_run_test(suite, test);
        for (CU_pFailureRecord f = CU_get_failure_list(); f; f = f->pNext)
            printf("%s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
        bool bad = CU_get_number_of_failures() > 0;
        if (bad)
            printf("FAILED %s (%s)\n", current->name, current->file);
        failed += bad;
        skipped += !bad && current->skipped;
        passed += !bad && !current->skipped;
        fflush(stdout);
    }
    CU_cleanup_registry();
    nftw(scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    ranks_end();
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}
