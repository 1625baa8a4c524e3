/* model.js of the web page: what it needs to know of its models, and the models themselves. */
#ifndef EXPORT_WEB_MODEL_H
#define EXPORT_WEB_MODEL_H

#include "export/formats.h"

/* Ends of the dial: one or two. The job of each, as if it were exported alone. */
int web_ends(const ExportJob *job, ExportJob ends[2]);

/* Writes FOLDER/model.js. 0 or -1. */
int web_model_write(const char *folder, const ExportJob *job);

/* Whether a file begins as the page's model does. */
bool web_model_is_one(const char *path);

#endif
