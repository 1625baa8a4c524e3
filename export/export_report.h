/* What the command says of what it has written: lines, or an object with --json. */
#ifndef EXPORT_EXPORT_REPORT_H
#define EXPORT_EXPORT_REPORT_H

#include "export/formats.h"
#include "export/staging.h"

void export_report(const ExportJob *job, const Format *format, const Staging *written,
                   const Agreement *agreement);

#endif
