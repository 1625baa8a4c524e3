/* The models of a folder, each picture getting its own: --model=auto --models=DIR. */
#ifndef UPSCALE_ROUTE_MODELS_H
#define UPSCALE_ROUTE_MODELS_H

#include "upscale/route/regions.h"
#include "upscale/upscaler.h"

typedef struct RouteModels RouteModels;

/* Opens a model's file; NULL with an error. */
typedef Upscaler *RouteOpener(void *context, const char *path);

/* Reads DIR/models.json and opens every model that it names, each file once: what is missing or no
 * model is told before any picture is read. NULL with an error that names table and row. */
RouteModels *route_open(const char *folder, RouteOpener *open, void *context);
void route_free(RouteModels *models); /* NULL is fine */

/* The scale of the results where it is the same for all classes, else 0. */
int route_common_scale(const RouteModels *models);

/* What is done with one picture. */
typedef struct RouteChoice {
    RouteVerdict verdict; /* of the picture as a whole */
    RouteRegions regions; /* .mixed: each part has its own model */
    Upscaler *upscaler;   /* its model's, or a mixture */
    Upscaler *plain;      /* that one, or of a mixture the photographed part's: takes any picture */
    double factor;        /* of the result; 0: the model's scale */
    bool owned;           /* the upscaler is freed with the choice */
    char *text;           /* the class, why, and the model: for the log */
} RouteChoice;

/* Classes a picture and chooses. Mixed pictures are mixed where the models of both parts have the
 * same scale; else the larger part's model takes the whole, and the text says so. */
void route_choose(const RouteModels *models, const Image *image, RouteChoice *choice);
void route_choice_free(RouteChoice *choice);

/* Several lines for a picture: class, confidence, reasons, and with `models` (may be NULL) the
 * model and the scale; of mixed ones for each part. The caller frees them. */
char *route_explain(const RouteModels *models, const char *name, const Image *image);

#endif
