/* One picture through a model, from file to file: crop, enlarge, resample, write, once. */
#ifndef UPSCALE_PHOTO_JOB_H
#define UPSCALE_PHOTO_JOB_H

#include "data/photo.h"
#include "upscale/geometry.h"
#include "upscale/route/models.h"

/* What is done with every picture. */
typedef struct PhotoSteps {
    bool crop;
    CropRule crop_rule;
    double factor; /* 0: the model's */
    Extent fit;    /* 0x0: no */
    int depth;     /* of the result, 8 or 16; 0: the picture's own, or what the format can hold */
    double grain;  /* times the source's that the result is to have; 0: what the network leaves */
    PhotoSettings settings;
} PhotoSteps;

/* What enlarges it: a model, or where that is NULL the one that routing chooses. */
typedef struct PhotoModels {
    Upscaler *model;
    const RouteModels *routes;
} PhotoModels;

/* Whether a path stands for standard input or output: "-". */
bool photo_is_stream(const char *path);

/* Where it goes: "-" is standard output. */
typedef struct PhotoPlace {
    const char *from, *to;
    PhotoFormat format;
} PhotoPlace;

typedef struct PhotoResult {
    int width, height;
    bool unreadable; /* of an error: this picture is at fault, others may do */
} PhotoResult;

/* Says what is wrong with the source, and what the format loses, on the log. Errors name the
 * picture; no file is left then. */
int photo_job_run(const PhotoSteps *steps, const PhotoPlace *place, const PhotoModels *models,
                  UpscaleProgress *progress, void *context, PhotoResult *result);

/* Prints what routing makes of a picture (route_explain), after the crop. */
int photo_job_explain(const PhotoSteps *steps, const char *path, const RouteModels *routes);

#endif
