/* The table on standard output. */
#include <math.h>
#include <string.h>

#include "eval/results.h"

void results_print(const Results *r, FILE *stream)
{
    static const Metric SHOWN[] = {
        METRIC_PSNR_Y,          METRIC_SSIM_Y,       METRIC_DETAIL_ENERGY,
        METRIC_SMOOTHING,       METRIC_SHARPENING,   METRIC_HALLUCINATION,
        METRIC_CONSISTENCY,     METRIC_LPIPS_ALEX,   METRIC_LPIPS_VGG,
        METRIC_LPIPS_SQUEEZE,   METRIC_DISTS,        METRIC_INPUT_CONSISTENCY,
        METRIC_EXPECTED_ENERGY, METRIC_FLAT_TEXTURE, METRIC_INPUT_HALO,
        METRIC_BLOCKINESS,      METRIC_DISAGREEMENT};
    enum { COLUMNS = sizeof SHOWN / sizeof *SHOWN };
    int name = (int)strlen("method");
    for (int k = 0; k < r->methods->count; k++)
        if ((int)strlen(r->methods->items[k].name) > name)
            name = (int)strlen(r->methods->items[k].name);
    fprintf(stream, "%-*s", name, "method");
    for (int c = 0; c < COLUMNS; c++)
        if (r->measured[SHOWN[c]])
            fprintf(stream, "  %s", METRICS[SHOWN[c]].name);
    for (int k = 0; k < r->methods->count; k++) {
        fprintf(stream, "\n%-*s", name, r->methods->items[k].name);
        for (int c = 0; c < COLUMNS; c++) {
            Metric m = SHOWN[c];
            double value = results_mean(r, k, m, NULL);
            int width = (int)strlen(METRICS[m].name);
            if (r->measured[m] && isnan(value))
                fprintf(stream, "  %*s", width, "-");
            else if (r->measured[m])
                fprintf(stream, "  %*.*f", width, METRICS[m].decimals, value);
        }
    }
    fputc('\n', stream);
}
