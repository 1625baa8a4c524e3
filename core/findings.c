#include "core/findings.h"

#include <stdio.h>
#include <string.h>

void findings_add(Findings *f)
{
    ErrorReport report = error_take();
    if (report.code == ERROR_NONE)
        return;
    if (f->told.code == ERROR_NONE) {
        f->told = report;
        return;
    }
    size_t used = strlen(f->told.message), room = sizeof f->told.message - used;
    if (strlen(report.message) + 2 <= room)
        snprintf(f->told.message + used, room, "\n%s", report.message);
}

int findings_end(Findings *f)
{
    error_adopt(&f->told);
    return f->told.code == ERROR_NONE ? 0 : -1;
}
