/* configs/README.md has a row for every key that a config may have, with its default and what may
 * be chosen, and no row for any other; and it names every config beside it. */
#include <dirent.h>
#include <stdio.h>

#include "core/memory.h"
#include "nets/architecture.h"
#include "tests/unit.h"
#include "train/config.h"

/* A part of the document from a heading to the next, and what its tables must hold. */
typedef struct Section {
    char *text;   /* owned */
    int expected; /* rows looked for so far */
} Section;

static char *read_readme(void)
{
    enum { MOST = 1 << 17 };
    FILE *file = fopen(unit_fixture("../../configs/README.md"), "rb");
    REQUIRE(file != NULL);
    char *text = memory_new(MOST);
    text[fread(text, 1, MOST - 1, file)] = '\0';
    fclose(file);
    return text;
}

static Section open_section(const char *readme, const char *heading)
{
    char line[128];
    snprintf(line, sizeof line, "\n%s\n", heading);
    const char *from = strstr(readme, line);
    if (!from)
        printf("missing: %s\n", heading);
    REQUIRE(from != NULL);
    from += strlen(line);
    const char *to = strstr(from, "\n#");
    Section s = {.text = memory_copy_string(from)};
    if (to)
        s.text[to - from] = '\0';
    return s;
}

/* Every row of a section is one that was looked for. */
static void close_section(Section *s, const char *heading)
{
    int rows = 0;
    for (const char *row = s->text; (row = strstr(row, "\n| `")); row++)
        rows++;
    if (rows != s->expected)
        printf("%s: %d rows, expected %d\n", heading, rows, s->expected);
    CHECK(rows == s->expected);
    free(s->text);
}

/* Whether the line that begins at `row` has each of the '|'-separated choices in backticks. */
static bool row_names(const char *row, const char *choices)
{
    char line[2048], option[64];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(row, "\n"), row);
    while (*choices) {
        int length = (int)strcspn(choices, "|");
        snprintf(option, sizeof option, "`%.*s`", length, choices);
        if (!strstr(line, option))
            return false;
        choices += length + (choices[length] == '|');
    }
    return true;
}

static void check_row(Section *s, const char *key, const char *fallback, const char *choices)
{
    char start[128];
    snprintf(start, sizeof start, fallback ? "\n| `%s` | %s |" : "\n| `%s` | ", key, fallback);
    const char *row = strstr(s->text, start);
    if (!row || (choices && !row_names(row + 1, choices)))
        printf("missing: %s...%s\n", start + 1, choices ? choices : "");
    CHECK(row != NULL && (!choices || row_names(row + 1, choices)));
    s->expected++;
}

/* A row for every field; members of objects under `prefix` and the object's name, but for those
 * of `elsewhere`, which has a section of its own. */
static void check_fields(Section *s, const Field *table, const char *prefix, const char *elsewhere)
{
    for (const Field *f = table; f->name; f++) {
        if (elsewhere && strcmp(f->name, elsewhere) == 0)
            continue;
        bool nested = f->kind == FIELD_OBJECT;
        char *key = memory_print("%s%s%s", prefix, f->name, nested ? "." : "");
        if (nested)
            check_fields(s, f->fields, key, NULL);
        else
            check_row(s, key, f->fallback, f->choices);
        free(key);
    }
}

static void check_section(const char *readme, const char *heading, const Field *table,
                          const char *prefix, const char *elsewhere)
{
    Section s = open_section(readme, heading);
    check_fields(&s, table, prefix, elsewhere);
    close_section(&s, heading);
}

TEST(the_readme_of_configs_has_every_key_of_a_run_and_no_other)
{
    char *readme = read_readme();
    Section s = open_section(readme, "## Keys of a run");
    check_fields(&s, CONFIG_FIELDS, "", NULL);
    check_row(&s, "generator.weights", NULL, NULL); /* no field: it is split off */
    close_section(&s, "## Keys of a run");
    const Field *data = fields_find(CONFIG_FIELDS, "data");
    check_section(readme, "## Where pairs come from", fields_find(data->fields, "train")->fields,
                  "", NULL);
    free(readme);
}

TEST(the_readme_of_configs_has_every_key_of_a_stage_and_no_other)
{
    char *readme = read_readme();
    const Field *stage = fields_find(CONFIG_FIELDS, "stages")->fields;
    check_section(readme, "## Keys of a stage", stage, "", "loss");
    check_section(readme, "## Losses", fields_find(stage, "loss")->fields, "loss.", NULL);
    free(readme);
}

TEST(the_readme_of_configs_has_every_network_and_its_keys)
{
    char *readme = read_readme();
    for (const Architecture *const *a = ARCHITECTURES; *a; a++) {
        char heading[128];
        snprintf(heading, sizeof heading, "### `%s`", (*a)->name);
        check_section(readme, heading, (*a)->fields, "", NULL);
    }
    free(readme);
}

TEST(the_readme_of_configs_names_every_config)
{
    char *readme = read_readme();
    DIR *folder = opendir(unit_fixture("../../configs"));
    REQUIRE(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char name[300];
        const char *end = strrchr(entry->d_name, '.');
        if (!end || strcmp(end, ".json") != 0)
            continue;
        snprintf(name, sizeof name, "`%s`", entry->d_name);
        if (!strstr(readme, name))
            printf("missing: %s\n", name);
        CHECK(strstr(readme, name) != NULL);
    }
    closedir(folder);
    free(readme);
}
