/* The decisions of routing: weighted sums of features, fitted by experiments/routing. */
#ifndef UPSCALE_ROUTE_WEIGHTS_H
#define UPSCALE_ROUTE_WEIGHTS_H

#include "upscale/route/features.h"

typedef enum RouteQuestion {
    ROUTE_IS_GRAPHIC,  /* drawn by a program or a pen, or photographed? */
    ROUTE_IS_STAINED,  /* of graphics: noisy or compressed? else */
    ROUTE_IS_TEXT,     /* text, or line art? */
    ROUTE_IS_DAMAGED,  /* of photographs: noisy or compressed? else */
    ROUTE_IS_PORTRAIT, /* of people? else */
    ROUTE_IS_TEXTURE,  /* full of texture? else a photograph as most are */
    ROUTE_QUESTIONS
} RouteQuestion;

enum { ROUTE_MOST_TERMS = 14 };

/* Yes where bias + sum of weight * (scaled feature - middle) is above 0; the logarithm of the odds.
 * Terms end with one of weight 0. */
typedef struct RouteDecision {
    const char *name;
    double bias;
    struct {
        RouteFeature feature;
        double weight, middle; /* middle: half-way between the means of yes and no */
    } terms[ROUTE_MOST_TERMS];
} RouteDecision;

extern const RouteDecision ROUTE_DECISIONS[ROUTE_QUESTIONS];

double route_decide(const RouteFeatures *features, RouteQuestion question);

#endif
