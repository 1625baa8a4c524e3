/* Manual pages, in the macros of man(7), from the tables that parse command lines. */
#ifndef CORE_MANUAL_H
#define CORE_MANUAL_H

#include "core/command.h"

/* `date`: 2026-11-21. */
void manual_command(const Command *command, const char *date, FILE *stream);

/* The parts of other pages. Text is filled, but lines that begin with a space, which stay as they
 * are; an empty line ends a paragraph. */
void manual_begin(const char *name, const char *summary, const char *date, FILE *stream);
void manual_section(const char *title, FILE *stream);
void manual_text(const char *text, FILE *stream);
void manual_lines(const char *text, FILE *stream); /* every line as it is */
void manual_item(const char *term, const char *text, FILE *stream);

#endif
