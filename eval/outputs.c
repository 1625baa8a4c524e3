#include "eval/outputs.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "eval/report.h"
#include "eval/sheet.h"

enum { FILE_COUNT = 6 };
static const char *const FILE_NAMES[FILE_COUNT] = {"metrics.json", "metrics.csv", "classes.csv",
                                                   "strips.png",   "plane.svg",   "index.html"};

/* Without truth there are no classes, no plane, and nothing for strips to be compared with. */
static bool is_made(const Results *r, int which)
{
    return !r->set->input_only || which < 2 || which == FILE_COUNT - 1;
}

static int write_file(const Results *r, const Exhibits *exhibits, const cJSON *json, int which,
                      const char *path)
{
    if (which == 0)
        return json_write(path, json);
    if (which == 1)
        return results_write_csv(r, path);
    if (which == 2)
        return results_write_classes(r, path);
    if (which == 4)
        return report_write_plane(r, exhibits, path);
    return which == 3 ? sheet_write(r, &exhibits->strips, path) : report_write(r, exhibits, path);
}

int outputs_write(const Results *r, const Exhibits *exhibits, const cJSON *json, const char *folder)
{
    char *paths[FILE_COUNT], *parts[FILE_COUNT];
    int result = 0;
    for (int i = 0; i < FILE_COUNT; i++) {
        paths[i] = file_join(folder, FILE_NAMES[i]);
        parts[i] = memory_print("%s.part", paths[i]);
        if (result == 0 && is_made(r, i))
            result = write_file(r, exhibits, json, i, parts[i]);
    }
    for (int i = 0; i < FILE_COUNT && result == 0; i++)
        if (is_made(r, i))
            result = file_publish(parts[i], paths[i]);
    if (result == 0)
        log_info("wrote metrics.json, metrics.csv, %sindex.html to %s",
                 r->set->input_only ? "" : "classes.csv, strips.png, plane.svg, ", folder);
    for (int i = 0; i < FILE_COUNT; i++) {
        if (result != 0)
            unlink(parts[i]);
        free(paths[i]);
        free(parts[i]);
    }
    return result;
}
