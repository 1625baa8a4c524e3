#include "train/alarms.h"

const char *const ALARM_NAMES[ALARM_COUNT] = {"not-finite", "roll-back",     "variance",
                                              "colour",     "discriminator", "divergence"};
