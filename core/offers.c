#include "core/offers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static void add(StringList *list, const char *text, size_t length)
{
    char *copy = memory_print("%.*s", (int)length, text);
    bool there = length == 0;
    for (int i = 0; i < list->count; i++)
        there = there || strcmp(list->items[i], copy) == 0;
    if (!there)
        string_list_add(list, copy);
    free(copy);
}

static void add_extensions(Offers *o, const char *words)
{
    for (; *words; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        add(&o->extensions, words, length);
        words += length;
    }
}

static bool has_word(const char *text, size_t length, const char *word)
{
    const char *at = strstr(text, word);
    return at && at + strlen(word) <= text + length;
}

/* What follows a dot, in small letters: of "h5", "JSON[:METHOD]". */
static void add_extension(Offers *o, const char *text)
{
    char extension[16] = "";
    for (size_t i = 0; i + 1 < sizeof extension && isalnum((unsigned char)text[i]); i++)
        extension[i] = (char)tolower((unsigned char)text[i]);
    add(&o->extensions, extension, strlen(extension));
}

/* ".pth" in a sentence. */
static void add_extensions_of_help(Offers *o, const char *help)
{
    for (const char *dot = help ? strchr(help, '.') : NULL; dot; dot = strchr(dot + 1, '.')) {
        if (dot > help && dot[-1] == ' ')
            add_extension(o, dot + 1);
    }
}

/* One alternative of what is to be put in. */
static void add_alternative(Offers *o, const char *text, size_t length, const char *help)
{
    const char *bracket = memchr(text, ']', length), *dot;
    if (bracket && text[0] == '[') {
        length -= (size_t)(bracket + 1 - text);
        text = bracket + 1;
    }
    while (length > 0 && (text[length - 1] == '.' || text[length - 1] == ']'))
        length--;
    dot = memchr(text, '.', length);
    if (has_word(text, length, "DIR")) {
        o->folders = true;
    } else if (has_word(text, length, "=")) {
        return;
    } else if (dot) {
        add_extension(o, dot + 1);
    } else if (has_word(text, length, "FILE") || has_word(text, length, "OUT")) {
        int before = o->extensions.count;
        add_extensions_of_help(o, help);
        o->files = o->files || o->extensions.count == before;
    } else if (has_word(text, length, "IMAGE")) {
        add_extensions(o, "png jpg jpeg webp tif tiff");
    } else if (has_word(text, length, "MODEL") ||
               (length == 1 && (text[0] == 'A' || text[0] == 'B'))) {
        add_extensions(o, "safetensors pth onnx");
    } else if (length > 1 && islower((unsigned char)text[0])) {
        add(&o->words, text, length);
    }
}

static void add_alternatives(Offers *o, const char *text, size_t length, const char *help)
{
    for (const char *end = text + length; text < end; text++) {
        const char *bar = memchr(text, '|', (size_t)(end - text));
        size_t part = bar ? (size_t)(bar - text) : (size_t)(end - text);
        add_alternative(o, text, part, help);
        text += part;
    }
}

Offers offers_of_field(const Field *f)
{
    Offers o = {0};
    const char *argument = fields_argument(f);
    for (const char *c = f->choices; c && *c; c += *c == '|') {
        add(&o.words, c, strcspn(c, "|"));
        c += strcspn(c, "|");
    }
    if (argument && !f->choices)
        add_alternatives(&o, argument, strlen(argument), f->help);
    return o;
}

Offers offers_of_command(const Command *c)
{
    Offers o = {0};
    bool value = false; /* of the option before it */
    const char *text = c->synopsis;
    for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
        size_t length = strcspn(text, " \n");
        bool option = text[0] == '-' || strncmp(text, "[-", 2) == 0;
        bool again = length == strlen("unmush") && strncmp(text, "unmush", length) == 0;
        if (again) { /* another line: "unmush pairs ..." */
            text += length + strspn(text + length, " ");
            length = strcspn(text, " \n");
        } else if (!option && !value) {
            add_alternatives(&o, text, length, NULL);
        }
        value = option && !memchr(text, '=', length) && text[length - 1] != ']' && length > 1;
        text += length;
    }
    return o;
}

void offers_free(Offers *o)
{
    string_list_free(&o->words);
    string_list_free(&o->extensions);
}
