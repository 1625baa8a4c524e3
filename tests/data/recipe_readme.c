/* configs/degrade/README.md names every operation, every parameter with what it may be, and every
 * preset. A row that is missing is printed. */
#include <stdio.h>

#include "core/memory.h"
#include "data/degrade.h"
#include "data/degrade/operation.h"
#include "tests/unit.h"

static char *read_readme(void)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = fopen(unit_fixture("../../configs/degrade/README.md"), "rb");
    REQUIRE(file != NULL);
    text = memory_new(1 << 16);
    bytes = fread(text, 1, (1 << 16) - 1, file);
    text[bytes] = '\0';
    fclose(file);
    return text;
}

static void check_row(const char *readme, const char *row)
{
    bool found = strstr(readme, row) != NULL;
    if (!found)
        printf("missing: %s\n", row);
    CHECK(found);
}

/* "a|b" as "a, b". */
static void list(const char *choices, char *text)
{
    for (; *choices; choices++) {
        *text++ = *choices == '|' ? ',' : *choices;
        if (*choices == '|')
            *text++ = ' ';
    }
    *text = '\0';
}

static void check_parameter(const char *readme, const Parameter *p)
{
    char values[256], only[256] = "", row[1024];
    if (p->kind == PARAMETER_CHOICE)
        list(p->choices, values);
    else
        snprintf(values, sizeof values, "%g to %g%s", p->min, p->max,
                 p->kind == PARAMETER_INTEGER ? ", whole" : "");
    if (p->only)
        list(p->only, only);
    snprintf(row, sizeof row, "| `%s` | %s | `%s` | %s%s%s%s |\n", p->name, values,
             p->fallback ? p->fallback : "", p->help, p->only ? " (" : "", only,
             p->only ? " only)" : "");
    check_row(readme, row);
}

TEST(the_readme_of_degradations_names_every_operation_parameter_and_preset)
{
    char *readme = read_readme(), row[512];
    for (int i = 0; OPERATIONS[i]; i++) {
        const Operation *operation = OPERATIONS[i];
        snprintf(row, sizeof row, "### %s\n%s\n", operation->name, operation->help);
        check_row(readme, row);
        for (const Parameter *p = operation->parameters; p->name; p++)
            if (p->kind != PARAMETER_SEED)
                check_parameter(readme, p);
    }
    const char *name, *about;
    for (int i = 0; (name = degradation_preset(i, &about)); i++) {
        snprintf(row, sizeof row, "| `%s` | %s", name, about);
        check_row(readme, row);
    }
    free(readme);
}

TEST(the_readmes_recipe_is_one)
{
    static const char FENCE[] = "```json\n";
    char *readme = read_readme(), *text = strstr(readme, FENCE);
    REQUIRE(text != NULL);
    text += sizeof FENCE - 1;
    *strstr(text, "```") = '\0';
    Degradation *d = degradation_parse(text, "README.md");
    CHECK(d != NULL && degradation_changes_target(d));
    CHECK_NO_ERROR();
    degradation_free(d);
    free(readme);
}
