/* What can be put in for an argument, as far as tables tell: for completion. */
#ifndef CORE_OFFERS_H
#define CORE_OFFERS_H

#include "core/command.h"

typedef struct Offers {
    bool files, folders;          /* files: of any name */
    StringList words, extensions; /* files of these extensions, without their dots */
} Offers;

/* For an option's value: its choices; FILE and OUT are files, of the extensions that its help names
 * if it names some; DIR is a folder; OUT.h5 a file of that extension; what is written small itself.
 * "[NAME=]FILE" is a FILE. */
Offers offers_of_field(const Field *field);

/* For a command's arguments, from its synopsis: the same, and IMAGE and MODEL (also A and B) are
 * files of their extensions. */
Offers offers_of_command(const Command *command);

void offers_free(Offers *offers);

#endif
