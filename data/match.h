/* Pictures that belong together by their names. */
#ifndef DATA_MATCH_H
#define DATA_MATCH_H

/* The picture below `folder` with each of `count` stems ("baby" of "x/baby.png"), in their order.
 * ERROR_FILE: one line naming every stem without a picture, or a stem that two have. NULL on error;
 * free with match_free. */
char **match_stems(char *const *stems, int count, const char *folder);
void match_free(char **paths, int count);

#endif
