/* The recipes of configs/degrade/, built into the program. */
#ifndef DATA_DEGRADE_PRESETS_H
#define DATA_DEGRADE_PRESETS_H

typedef struct Preset {
    const char *name, *text;
} Preset;

extern const Preset PRESETS[]; /* sorted by name; ends with a name of NULL */

#endif
