/* Pictures that another program made, as a method. */
#ifndef EVAL_FOLDER_H
#define EVAL_FOLDER_H

#include "eval/method.h"
#include "eval/pictures.h"

/* Matches the pictures below method->source with the set's by stem and checks every size from the
 * files' headers: that of the ground truth, or that before it was cropped to multiples of the
 * scale. The set must outlive the method. Fails with ERROR_FILE, ERROR_SHAPE (both sizes named). */
int method_from_folder(Method *method, const PictureSet *set);

#endif
