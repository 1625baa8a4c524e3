/* How well --grain=keep gives back the grain that a degradation added.
 *     bench_grain PRESET MODEL|smooth FACTOR IMAGE...      (smooth: tests/upscale/smoother.h)
 * Each IMAGE is enlarged FACTOR times (bicubic): that is the clean picture of HR size. It is
 * degraded at the model's scale as PRESET draws it, and enlarged by the model, without and with its
 * grain kept. The truth is the clean picture, its colours as drawn, with grain of the strength,
 * tones and share of colour that were drawn and the drawn size times the scale (of presets whose
 * target has the grain, of the drawn size). Spectra are taken in pieces of 64 x 64 pixels, from one
 * cycle on, where the clean picture, and what the model makes of it when it is not degraded, vary
 * by at most a fifth of the grain, and there is no dust; the truth's and the result's are means
 * over REPEATS seeds. A line for each draw, tab separated, then a table; draws with fewer than
 * LEAST_PIECES flat pieces are left out and counted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/memory.h"
#include "data/degrade.h"
#include "data/pieces.h"
#include "data/resample.h"
#include "tests/upscale/smoother.h"
#include "upscale/grain/keep.h"

enum { REPEATS = 3, LEAST_PIECES = 12, STEP = 32, BANDS = 46, QUARTERS = 4, MOST_DRAWS = 1024 };
enum { SMOOTHINGS = 8 };

typedef struct Drawn {
    double strength, size, colour, quality, sharpened;
    bool in_target;
    char *truth; /* a recipe of one step or two */
} Drawn;

typedef struct Outcome {
    bool jpeg, sharpened, found;
    double plain, kept; /* power relative to the truth's */
    double worst; /* |error| of the power in the quarter of the spectrum where it is largest */
    double quarters[QUARTERS];
    double chroma; /* power of the differences of colour relative to the truth's */
} Outcome;

static _Noreturn void give_up(void)
{
    log_error("%s", error_message());
    exit(1);
}

/* ---- What was drawn ------------------------------------------------------------------------- */

static double number_of(const cJSON *values, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(values, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static void read_steps(const cJSON *steps, int scale, cJSON *truth, Drawn *drawn)
{
    const cJSON *step, *values;
    cJSON_ArrayForEach(step, steps)
    {
        if (cJSON_GetObjectItemCaseSensitive(step, "colour"))
            cJSON_AddItemToArray(truth, cJSON_Duplicate(step, true));
        if ((values = cJSON_GetObjectItemCaseSensitive(step, "grain"))) {
            cJSON *copy = cJSON_Duplicate(step, true);
            cJSON *grain = cJSON_GetObjectItemCaseSensitive(copy, "grain");
            drawn->strength = number_of(values, "strength");
            drawn->size = number_of(values, "size");
            drawn->colour = number_of(values, "colour");
            cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(grain, "size"),
                                 drawn->size * scale);
            cJSON_DeleteItemFromObjectCaseSensitive(grain, "seed");
            cJSON_AddItemToArray(truth, copy);
        }
        if ((values = cJSON_GetObjectItemCaseSensitive(step, "jpeg")))
            drawn->quality = number_of(values, "quality");
        if ((values = cJSON_GetObjectItemCaseSensitive(step, "sharpen")))
            drawn->sharpened = number_of(values, "amount");
    }
}

static Drawn drawn_from(const char *text, int scale)
{
    Drawn drawn = {0};
    cJSON *all = json_parse(text, strlen(text), "drawn"), *truth = cJSON_CreateArray();
    cJSON *target = cJSON_GetObjectItemCaseSensitive(all, "target");
    read_steps(target, 1, truth, &drawn);
    drawn.in_target = drawn.strength > 0;
    read_steps(cJSON_GetObjectItemCaseSensitive(all, "steps"), scale, truth, &drawn);
    cJSON *recipe = cJSON_CreateObject();
    cJSON_AddItemToObject(recipe, "steps", truth);
    drawn.truth = json_line(recipe);
    cJSON_Delete(recipe);
    cJSON_Delete(all);
    return drawn;
}

/* ---- Spectra of flat pieces ------------------------------------------------------------------ */

/* Luma's power by frequency, k / 64 cycles a px, and that of the colour differences in all. */
typedef struct Powers {
    double luma[BANDS], chroma;
} Powers;

static double band_sums(Pieces *pieces, const Plane *plane, int x, int y, double *bands)
{
    const float *re, *im;
    double sum = 0;
    pieces_take(pieces, plane, x, y, false);
    pieces_clear_imaginary(pieces);
    pieces_transform(pieces, &re, &im);
    for (int i = 0; i < PIECE_PIXELS; i++) {
        int u = i / PIECE_LENGTH, v = i % PIECE_LENGTH;
        u = u < PIECE_LENGTH / 2 ? u : PIECE_LENGTH - u;
        v = v < PIECE_LENGTH / 2 ? v : PIECE_LENGTH - v;
        int band = (int)(sqrt(u * u + v * v) + 0.5);
        double power = (double)(re[i] * re[i] + im[i] * im[i]);
        if (band >= 1 && band < BANDS) {
            sum += power;
            if (bands)
                bands[band] += power;
        }
    }
    return sum;
}

typedef struct Piece {
    int x, y;
} Piece;

static Plane difference_of(const Image *image, int channel, const Plane *luma)
{
    Plane plane = image_channel(image, channel);
    for (int i = 0; i < plane.width * plane.height; i++)
        plane.values[i] -= luma->values[i];
    return plane;
}

static void add_powers(const Image *image, const Piece *flat, int count, double by, Powers *powers)
{
    Pieces *pieces = pieces_new();
    Plane luma = image_luma(image), red = difference_of(image, 0, &luma),
          blue = difference_of(image, 2, &luma);
    double bands[BANDS] = {0};
    for (int i = 0; i < count; i++) {
        band_sums(pieces, &luma, flat[i].x, flat[i].y, bands);
        powers->chroma += by * band_sums(pieces, &red, flat[i].x, flat[i].y, NULL);
        powers->chroma += by * band_sums(pieces, &blue, flat[i].x, flat[i].y, NULL);
    }
    for (int k = 0; k < BANDS; k++)
        powers->luma[k] += by * bands[k];
    plane_free(&luma);
    plane_free(&red);
    plane_free(&blue);
    pieces_free(pieces);
}

/* Whether LR has more there than grain: dust and scratches. */
static bool has_dust(const Plane *lr, int x, int y, int edge, double variance)
{
    double mean = 0, most = 0;
    for (int i = 0; i < edge * edge; i++)
        mean += (double)lr->values[(y + i / edge) * lr->width + x + i % edge] / (edge * edge);
    for (int i = 0; i < edge * edge; i++)
        most =
            fmax(most, fabs((double)lr->values[(y + i / edge) * lr->width + x + i % edge] - mean));
    return most > 6 * sqrt(variance) + 1;
}

static bool is_flat(Pieces *pieces, const Plane *plane, int x, int y, double power)
{
    return band_sums(pieces, plane, x, y, NULL) < 0.04 * power;
}

/* Where the clean picture's power is below 4 % of what grain adds, that of what the model makes of
 * it, too, and there is no dust. */
static int find_flat(const Image *clean, const Image *model, const Image *truth, const Image *lr,
                     Piece *flat)
{
    Pieces *pieces = pieces_new();
    Plane of_clean = image_luma(clean), of_truth = image_luma(truth), of_lr = image_luma(lr);
    Plane of_model = image_luma(model);
    int count = 0, scale = clean->width / lr->width;
    for (int y = 0; y + PIECE_LENGTH <= clean->height; y += STEP)
        for (int x = 0; x + PIECE_LENGTH <= clean->width; x += STEP) {
            double power = band_sums(pieces, &of_truth, x, y, NULL);
            double variance = power / PIECE_PIXELS / PIECE_PIXELS;
            if (is_flat(pieces, &of_clean, x, y, power) &&
                is_flat(pieces, &of_model, x, y, power) &&
                !has_dust(&of_lr, x / scale, y / scale, PIECE_LENGTH / scale, variance))
                flat[count++] = (Piece){x, y};
        }
    plane_free(&of_lr);
    plane_free(&of_model);
    plane_free(&of_clean);
    plane_free(&of_truth);
    pieces_free(pieces);
    return count;
}

static double sum_of(const double *bands, int from, int to)
{
    double sum = 0;
    for (int k = from; k < to; k++)
        sum += bands[k];
    return sum;
}

/* Each quarter holds about that share of the truth's power. */
static double worst_quarter(const Powers *truth, const Powers *result, double *quarters)
{
    double total = sum_of(truth->luma, 0, BANDS), worst = 0;
    int from = 1;
    for (int q = 1; q <= QUARTERS && from < BANDS; q++) {
        int to = from + 1;
        while (to < BANDS && (q == QUARTERS || sum_of(truth->luma, 0, to) < total * q / QUARTERS))
            to++;
        double ratio = sum_of(result->luma, from, to) / sum_of(truth->luma, from, to);
        quarters[q - 1] = ratio;
        worst = fmax(worst, fabs(ratio - 1));
        from = to;
    }
    return worst;
}

/* ---- Pictures ------------------------------------------------------------------------------- */

static Image with_recipe(const Image *image, const char *recipe, uint64_t key)
{
    Image result;
    Degradation *d = degradation_parse(recipe, "truth");
    if (!d || degradation_apply(d, image, 1, key, &result) != 0)
        give_up();
    degradation_free(d);
    return result;
}

/* The clean picture in the colours that were drawn. */
static Image coloured(const Image *clean, const char *recipe)
{
    char *text = memory_copy_string(recipe), *grain = strstr(text, "{\"grain\"");
    bool alone = grain[-1] != ',';
    strcpy(grain - 1, "]}");
    Image result = alone ? image_copy(clean) : with_recipe(clean, text, 0);
    free(text);
    return result;
}

/* Rows as floats, to be given to several stages. */
typedef struct Kept {
    RowSink sink;
    float *planes[3];
    int rows;
} Kept;

static int keep_planes(RowSink *sink, float *const *planes, int count)
{
    Kept *k = (Kept *)sink;
    size_t at = (size_t)k->rows * (size_t)sink->width, values = (size_t)(count * sink->width);
    for (int c = 0; c < 3; c++)
        memcpy(k->planes[c] + at, planes[c], values * sizeof(float));
    k->rows += count;
    return 0;
}

static int write_image(void *context, const void *rows, int count)
{
    Image *image = context; /* all rows at once */
    memcpy(image->rgb, rows, (size_t)count * (size_t)image->width * 3);
    return 0;
}

static Image finish(const Kept *k, const KeptGrain *grain, int lr_width, int lr_height)
{
    Image image = image_new(k->sink.width, k->sink.height);
    size_t values = (size_t)image.width * (size_t)image.height;
    float *planes[3];
    RowSink *rounding = rounding_new(image.width, image.height, 3, 8, write_image, &image);
    RowSink *stage = grain ? grain_keep_rows(grain, lr_width, lr_height, rounding) : NULL;
    RowSink *first = stage ? stage : rounding;
    for (int c = 0; c < 3; c++) {
        planes[c] = memory_array(values, sizeof(float));
        memcpy(planes[c], k->planes[c], values * sizeof(float));
    }
    if (first->take(first, planes, image.height) != 0)
        give_up();
    for (int c = 0; c < 3; c++)
        free(planes[c]);
    grain_rows_free(stage);
    rounding_free(rounding);
    return image;
}

static Kept enlarge(Upscaler *u, const Pixels *lr)
{
    int scale = upscaler_scale(u);
    Kept k = {.sink = {lr->width * scale, lr->height * scale, 3, keep_planes}};
    for (int c = 0; c < 3; c++)
        k.planes[c] = memory_array((size_t)k.sink.width * (size_t)k.sink.height, sizeof(float));
    if (upscaler_stream(u, lr, &k.sink, NULL, NULL) != 0)
        give_up();
    return k;
}

static Image degraded(const Degradation *d, const Image *hr, int scale, uint64_t key, Drawn *drawn)
{
    Degrader *degrader = degrader_new(d, scale);
    Workspace *work = workspace_new();
    Picture picture = picture_take(work, hr->width, hr->height);
    DegradedPair pair;
    picture_from_image(hr, 0, 0, &picture);
    if (degrader_run(degrader, &picture, key, 8, &pair) != 0)
        give_up();
    Image lr = image_new(hr->width / scale, hr->height / scale);
    picture_to_bytes(&pair.lr, lr.rgb);
    *drawn = drawn_from(pair.drawn, scale);
    workspace_free(work);
    degrader_free(degrader);
    return lr;
}

static void save(const char *name, int index, const Image *image)
{
    const char *folder = getenv("GRAIN_PICTURES");
    char *path = folder ? memory_print("%s/%03d-%s.png", folder, index, name) : NULL;
    if (path && image_write(path, image) != 0)
        give_up();
    free(path);
}

/* ---- One draw ------------------------------------------------------------------------------- */

static Powers powers_of_truth(const Image *clean, const Drawn *drawn, const Piece *flat, int count,
                              int index)
{
    Powers powers = {0};
    for (int r = 0; r < REPEATS; r++) {
        Image truth = with_recipe(clean, drawn->truth, 100 + (uint64_t)r);
        add_powers(&truth, flat, count, 1.0 / REPEATS, &powers);
        if (r == 0)
            save("truth", index, &truth);
        image_free(&truth);
    }
    return powers;
}

static void judge(Upscaler *u, const Image *lr, const Powers *truth, const Piece *flat, int count,
                  int index, KeptGrain *kept, Outcome *o)
{
    Pixels pixels = pixels_of_image(lr);
    Kept enlarged = enlarge(u, &pixels);
    Powers plain = {0}, result = {0};
    Image image = finish(&enlarged, NULL, lr->width, lr->height);
    add_powers(&image, flat, count, 1, &plain);
    save("plain", index, &image);
    image_free(&image);
    GrainFinding finding;
    grain_measure(&pixels, &finding);
    if (grain_keep(&finding, 1, &pixels, u, kept) != 0)
        give_up();
    for (int r = 0; r < REPEATS; r++) {
        kept->seed = (uint64_t)r;
        image = finish(&enlarged, kept, lr->width, lr->height);
        add_powers(&image, flat, count, 1.0 / REPEATS, &result);
        if (r == 0)
            save("kept", index, &image);
        image_free(&image);
    }
    double power = sum_of(truth->luma, 0, BANDS);
    o->found = kept->found;
    o->plain = sum_of(plain.luma, 0, BANDS) / power;
    o->kept = sum_of(result.luma, 0, BANDS) / power;
    o->worst = worst_quarter(truth, &result, o->quarters);
    o->chroma = result.chroma / truth->chroma;
    for (int c = 0; c < 3; c++)
        free(enlarged.planes[c]);
}

/* False where there is too little that is flat. */
static bool run_draw(const Degradation *d, Upscaler *u, const Image *hr, int index,
                     const char *name, Outcome *o)
{
    Drawn drawn;
    KeptGrain kept;
    Image lr = degraded(d, hr, upscaler_scale(u), degradation_key(1, (uint64_t)index, 0), &drawn);
    Image clean = coloured(hr, drawn.truth), grainy = with_recipe(hr, drawn.truth, 99);
    Piece *flat =
        memory_array((size_t)(hr->width / STEP) * (size_t)(hr->height / STEP) + 1, sizeof *flat);
    Image reduced = image_resample(&clean, lr.width, lr.height, KERNEL_BICUBIC), model;
    if (upscaler_run(u, &reduced, &model) != 0)
        give_up();
    int count = find_flat(&clean, &model, &grainy, &lr, flat);
    *o = (Outcome){.jpeg = drawn.quality > 0, .sharpened = drawn.sharpened > 0};
    if (count >= LEAST_PIECES) {
        Powers truth = powers_of_truth(hr, &drawn, flat, count, index);
        save("lr", index, &lr);
        judge(u, &lr, &truth, flat, count, index, &kept, o);
        printf("%s\t%d\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.3f\t%.3f\t%.3f\t%."
               "2f %.2f %.2f %.2f\t%.3f\n",
               name, count, drawn.quality, drawn.sharpened, drawn.strength, drawn.size,
               drawn.colour, kept.grain.strength, kept.grain.size, kept.grain.colour,
               kept.grain.evenness, o->plain, o->kept, o->worst, o->quarters[0], o->quarters[1],
               o->quarters[2], o->quarters[3], o->chroma);
        fflush(stdout);
    }
    free(flat);
    free(drawn.truth);
    image_free(&model);
    image_free(&reduced);
    image_free(&lr);
    image_free(&clean);
    image_free(&grainy);
    return count >= LEAST_PIECES;
}

/* ---- The table ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count ? values[count / 2] : 0;
}

typedef enum Group { EVERY, PLAIN, JPEG_ONLY, SHARPENED, GROUPS } Group;
static const char *const NAMES[GROUPS] = {"all", "neither JPEG nor sharpened",
                                          "JPEG, not sharpened", "sharpened"};

static bool is_in(const Outcome *o, Group group)
{
    switch (group) {
    case PLAIN:
        return !o->jpeg && !o->sharpened;
    case JPEG_ONLY:
        return o->jpeg && !o->sharpened;
    case SHARPENED:
        return o->sharpened;
    case EVERY:
    case GROUPS:
        break;
    }
    return true;
}

static void print_group(const Outcome *all, int draws, Group group)
{
    double plain[MOST_DRAWS], power[MOST_DRAWS], worst[MOST_DRAWS], chroma[MOST_DRAWS];
    int count = 0, good = 0, shaped = 0, below = 0, found = 0;
    for (int i = 0; i < draws; i++) {
        const Outcome *o = &all[i];
        if (!is_in(o, group))
            continue;
        plain[count] = o->plain;
        power[count] = fabs(o->kept - 1);
        worst[count] = o->worst;
        chroma[count++] = o->chroma;
        good += fabs(o->kept - 1) <= 0.2;
        shaped += o->worst <= 0.2;
        below += o->plain < 0.5;
        found += o->found;
    }
    int n = count ? count : 1;
    printf("| %s | %d | %d | %.2f | %d | %d | %.0f | %d | %.0f | %.2f |\n", NAMES[group], count,
           100 * found / n, median(plain, count), 100 * below / n, 100 * good / n,
           100 * median(power, count), 100 * shaped / n, 100 * median(worst, count),
           median(chroma, count));
}

static Upscaler *open_model(const char *name)
{
    return strcmp(name, "smooth") == 0 ? upscaler_take(smoother_new(SMOOTHINGS), PRECISION_FP32, 0)
                                       : upscaler_open(name, PRECISION_FP32, ONNX_AUTO, 0);
}

int main(int argc, char **argv)
{
    static Outcome outcomes[MOST_DRAWS];
    int draws = 0, left_out = 0;
    Degradation *d = argc > 4 ? degradation_open(argv[1]) : NULL;
    Upscaler *u = d ? open_model(argv[2]) : NULL;
    if (!u)
        give_up();
    int scale = upscaler_scale(u);
    for (int i = 4; i < argc && draws < MOST_DRAWS; i++) {
        if (getenv("ONLY") && !strstr(getenv("ONLY"), file_name(argv[i])))
            continue;
        Image photo;
        if (image_read(argv[i], &photo) != 0)
            give_up();
        int width = (int)(photo.width * atof(argv[3])) / scale * scale;
        int height = (int)(photo.height * atof(argv[3])) / scale * scale;
        Image hr = image_resample(&photo, width, height, KERNEL_BICUBIC);
        if (run_draw(d, u, &hr, i - 4, file_name(argv[i]), &outcomes[draws]))
            draws++;
        else
            left_out++;
        image_free(&photo);
        image_free(&hr);
    }
    puts(
        "| draws | number | found % | plain: median power | < half % | kept: power within 20 % % | "
        "median error % | every quarter of the spectrum within 20 % % | median of the worst % | "
        "colour: median power |\n|---|---|---|---|---|---|---|---|---|---|");
    for (Group group = 0; group < GROUPS; group++)
        print_group(outcomes, draws, group);
    printf("%d left out: fewer than %d flat pieces\n", left_out, LEAST_PIECES);
    upscaler_free(u);
    degradation_free(d);
    return 0;
}
