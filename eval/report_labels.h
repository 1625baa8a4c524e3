/* Labels in a drawing, put where they cover neither what is drawn nor one another. */
#ifndef EVAL_REPORT_LABELS_H
#define EVAL_REPORT_LABELS_H

/* For text of 13 to 17 pixels: the height of a line. */
#define LABEL_HEIGHT 19.0

typedef struct Box {
    double left, top, right, bottom;
} Box;

typedef struct Labels {
    Box frame;       /* where labels may be */
    double distance; /* from a label to its point, at least */
    int count, capacity;
    Box *taken;
} Labels;

void labels_free(Labels *labels);

/* From now on no label is put there. */
void labels_avoid(Labels *labels, double left, double top, double right, double bottom);

/* The nearest free place for a label of the point (x, y), which then is taken: rings of growing
 * distance. Where nothing is free, beside the point. */
Box labels_place(Labels *labels, const char *text, double x, double y);

#endif
