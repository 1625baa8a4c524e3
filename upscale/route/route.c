#include "upscale/route/route.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "upscale/route/weights.h"

const char *const ROUTE_NAMES[ROUTE_CLASSES] = {"damaged",  "text",    "line-art",
                                                "portrait", "texture", "photo"};

enum { LEAST_BLOCKS = 4 };

static double term(const RouteFeatures *f, const RouteDecision *d, int i)
{
    return d->terms[i].weight * (route_feature_scaled(f, d->terms[i].feature) - d->terms[i].middle);
}

static bool has_term(const RouteDecision *d, int i)
{
    return i < ROUTE_MOST_TERMS && d->terms[i].weight != 0;
}

double route_decide(const RouteFeatures *features, RouteQuestion question)
{
    const RouteDecision *d = &ROUTE_DECISIONS[question];
    double sum = d->bias;
    for (int i = 0; has_term(d, i); i++)
        sum += term(features, d, i);
    return sum;
}

/* Takes a decision: whether yes, and what that does to the confidence. */
static bool ask(const RouteFeatures *f, RouteQuestion question, double *confidence)
{
    double odds = route_decide(f, question);
    *confidence *= 1 / (1 + exp(-fabs(odds)));
    return odds > 0;
}

typedef struct Path {
    RouteQuestion last; /* the one whose answer tells the class from its nearest */
    bool yes;
} Path;

static RouteClass walk(const RouteFeatures *f, double *confidence, Path *path)
{
    bool graphic = ask(f, ROUTE_IS_GRAPHIC, confidence);
    *path = (Path){graphic ? ROUTE_IS_STAINED : ROUTE_IS_DAMAGED, true};
    if (ask(f, path->last, confidence))
        return ROUTE_DAMAGED;
    if (graphic) {
        path->last = ROUTE_IS_TEXT;
        path->yes = ask(f, ROUTE_IS_TEXT, confidence);
        return path->yes ? ROUTE_TEXT : ROUTE_LINE_ART;
    }
    path->last = ROUTE_IS_PORTRAIT;
    if (ask(f, ROUTE_IS_PORTRAIT, confidence))
        return ROUTE_PORTRAIT;
    path->last = ROUTE_IS_TEXTURE;
    path->yes = ask(f, ROUTE_IS_TEXTURE, confidence);
    return path->yes ? ROUTE_TEXTURE : ROUTE_PHOTO;
}

/* Appends the features that spoke most for an answer, at most `most` of them. */
static void explain(const RouteFeatures *f, RouteQuestion question, bool yes, int most, char *text,
                    size_t size)
{
    const RouteDecision *d = &ROUTE_DECISIONS[question];
    bool told[ROUTE_MOST_TERMS] = {false};
    for (; most > 0; most--) {
        double greatest = 0;
        int best = -1;
        for (int i = 0; has_term(d, i); i++) {
            double for_it = yes ? term(f, d, i) : -term(f, d, i);
            if (!told[i] && for_it > greatest) {
                greatest = for_it;
                best = i;
            }
        }
        if (best < 0)
            return;
        told[best] = true;
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s", used > 0 ? "; " : "");
        used = strlen(text);
        route_feature_words(f, d->terms[best].feature, text + used, size - used);
    }
}

RouteVerdict route_judge(const RouteFeatures *features)
{
    RouteVerdict v = {.class = ROUTE_PHOTO, .confidence = 1};
    Path path;
    if (features->blocks < LEAST_BLOCKS) {
        v.confidence = 1.0 / ROUTE_CLASSES;
        snprintf(v.reasons, sizeof v.reasons, "too small to tell");
        return v;
    }
    v.class = walk(features, &v.confidence, &path);
    explain(features, path.last, path.yes, 2, v.reasons, sizeof v.reasons);
    if (v.class != ROUTE_DAMAGED)
        explain(features, ROUTE_IS_GRAPHIC, path.last == ROUTE_IS_TEXT, 1, v.reasons,
                sizeof v.reasons);
    return v;
}

RouteVerdict route_classify(const Image *image)
{
    RouteFeatures features = route_features(image);
    return route_judge(&features);
}
