#include "eval/metric.h"

#include <math.h>
#include <string.h>

const MetricRow METRICS[METRIC_COUNT] = {
    [METRIC_PSNR_Y] = {"psnr_y", "PSNR-Y", "fidelity of the luma", "dB", 2, BETTER_MORE, true,
                       NEEDS_TRUTH},
    [METRIC_PSNR_RGB] = {"psnr_rgb", "PSNR-RGB", "fidelity of the colours", "dB", 2, BETTER_MORE,
                         true, NEEDS_TRUTH},
    [METRIC_SSIM_Y] = {"ssim_y", "SSIM-Y", "structural similarity of the luma", "", 4, BETTER_MORE,
                       true, NEEDS_TRUTH},
    [METRIC_MS_SSIM_Y] = {"ms_ssim_y", "MS-SSIM-Y", "structural similarity over five scales", "", 4,
                          BETTER_MORE, false, NEEDS_FULL},
    [METRIC_VIF_Y] = {"vif_y", "VIF-Y", "information kept, in the pixel domain", "", 4, BETTER_MORE,
                      false, NEEDS_FULL},
    [METRIC_CONSISTENCY] = {"consistency", "consistency", "PSNR-Y of the picture shrunk again",
                            "dB", 2, BETTER_MORE, false, NEEDS_TRUTH},
    [METRIC_DETAIL_ENERGY] = {"detail_energy", "detail energy",
                              "how textured it is; the truth is 1", "", 3, BETTER_NEAR_ONE, true,
                              NEEDS_TRUTH},
    [METRIC_RECOVERED] = {"recovered", "recovered", "share of the lost detail that came back", "",
                          3, BETTER_MORE, true, NEEDS_TRUTH},
    [METRIC_SMOOTHING] = {"smoothing", "smoothing", "true detail that is missing", "", 3,
                          BETTER_LESS, true, NEEDS_TRUTH},
    [METRIC_SHARPENING] = {"sharpening", "sharpening", "true detail that is overdone", "", 3,
                           BETTER_LESS, true, NEEDS_TRUTH},
    [METRIC_HALLUCINATION] = {"hallucination", "hallucination", "detail unrelated to the truth", "",
                              3, BETTER_LESS, true, NEEDS_TRUTH},
    [METRIC_MISREGISTRATION] = {"misregistration", "misregistration",
                                "detail error that putting it back into place takes away", "", 3,
                                BETTER_LESS, false, NEEDS_FULL},
    [METRIC_SHIFT] = {"shift", "shift", "how far it lies from where it should", "px", 2,
                      BETTER_LESS, false, NEEDS_FULL},
    [METRIC_FALSE_TEXTURE] = {"false_texture", "false texture", "texture on flat ground", "levels",
                              3, BETTER_LESS, false, NEEDS_TRUTH},
    [METRIC_HALO] = {"halo", "halo", "overshoot beside edges", "levels", 3, BETTER_LESS, false,
                     NEEDS_TRUTH},
    [METRIC_LDL_ARTIFACTS] = {"ldl_artifacts", "LDL artifacts",
                              "errors that vary from pixel to pixel", "", 5, BETTER_LESS, false,
                              NEEDS_FULL},
    [METRIC_OPENSR_IMPROVEMENT] = {"opensr_improvement", "opensr improvement",
                                   "opensr-test's share of improvement", "", 3, BETTER_MORE, false,
                                   NEEDS_FULL},
    [METRIC_OPENSR_OMISSION] = {"opensr_omission", "opensr omission",
                                "opensr-test's share of omission", "", 3, BETTER_LESS, false,
                                NEEDS_FULL},
    [METRIC_OPENSR_HALLUCINATION] = {"opensr_hallucination", "opensr hallucination",
                                     "opensr-test's share of hallucination", "", 3, BETTER_LESS,
                                     false, NEEDS_FULL},
    [METRIC_POWER_RATIO] = {"power_ratio", "power ratio",
                            "power above the input's resolution; the truth's is 1", "", 3,
                            BETTER_NEAR_ONE, false, NEEDS_FULL},
    [METRIC_COHERENCE] = {"coherence", "coherence",
                          "how much of that power is the truth's, in phase", "", 3, BETTER_MORE,
                          false, NEEDS_FULL},
    [METRIC_INPUT_CONSISTENCY] = {"input_consistency", "input consistency",
                                  "PSNR-Y of the picture shrunk again against its input", "dB", 2,
                                  BETTER_MORE, false, NEEDS_INPUT},
    [METRIC_EXPECTED_ENERGY] = {"expected_energy", "expected energy",
                                "texture against what the input's spectrum leads to expect; 1 is "
                                "as expected",
                                "", 3, BETTER_NEAR_ONE, false, NEEDS_INPUT},
    [METRIC_FLAT_TEXTURE] = {"flat_texture", "flat texture", "texture where the input is flat",
                             "levels", 3, BETTER_LESS, false, NEEDS_INPUT},
    [METRIC_INPUT_HALO] = {"input_halo", "input halo", "overshoot beside the input's edges",
                           "levels", 3, BETTER_LESS, false, NEEDS_INPUT},
    [METRIC_BLOCKINESS] = {"blockiness", "blockiness", "8x8 blocks that show", "", 3, BETTER_LESS,
                           false, NEEDS_INPUT},
    [METRIC_DISAGREEMENT] = {"disagreement", "disagreement",
                             "detail that the other methods do not make alike", "", 3, BETTER_LESS,
                             false, NEEDS_INPUT},
    [METRIC_LPIPS_ALEX] = {"lpips_alex", "LPIPS Alex", "perceptual distance", "", 4, BETTER_LESS,
                           true, NEEDS_WEIGHTS},
    [METRIC_LPIPS_VGG] = {"lpips_vgg", "LPIPS VGG", "perceptual distance", "", 4, BETTER_LESS, true,
                          NEEDS_WEIGHTS},
    [METRIC_LPIPS_SQUEEZE] = {"lpips_squeeze", "LPIPS Squeeze", "perceptual distance", "", 4,
                              BETTER_LESS, true, NEEDS_WEIGHTS},
    [METRIC_DISTS] = {"dists", "DISTS", "distance of structure and of texture's statistics", "", 4,
                      BETTER_LESS, false, NEEDS_WEIGHTS},
};

double metric_badness(Metric metric, double value)
{
    switch (METRICS[metric].better) {
    case BETTER_MORE:
        return -value;
    case BETTER_LESS:
        return value;
    case BETTER_NEAR_ONE:
        return fabs(value - 1);
    }
    return NAN;
}

Metric metric_by_name(const char *name)
{
    Metric m = 0;
    while (m < METRIC_COUNT && strcmp(METRICS[m].name, name) != 0)
        m++;
    return m;
}
