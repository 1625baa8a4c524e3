/* What happened to a pair, in words. */
#ifndef DATA_PAIRS_WORDS_H
#define DATA_PAIRS_WORDS_H

/* "a.png at 96,0\nblur iso sigma 1.25; jpeg quality 40" of a /sample text: the operations in order,
 * each with its values, numbers rounded; what happened to the target is put first, "target: ...".
 * ERROR_FORMAT if it is not such a text; `name` is for messages. The caller frees it. */
char *pairs_words(const char *sample, const char *name);

#endif
