/* Files for ncnn that are not what was written. */
#include "export/ncnn/read.h"

#include <stdio.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/unit.h"

/* Input of three channels, then that line. */
static void check_refused(const char *line, size_t bytes, const char *message)
{
    static const float VALUES[16];
    char text[512];
    NcnnNetwork network;
    const char *param = unit_scratch("bad.ncnn.param"), *bin = unit_scratch("bad.ncnn.bin");
    snprintf(text, sizeof text, "7767517\n2 2\nInput input 0 1 input\n%s\n", line);
    REQUIRE(file_write_whole(param, text, strlen(text)) == 0);
    REQUIRE(file_write_whole(bin, VALUES, bytes) == 0);
    CHECK(ncnn_read(param, bin, &network) == -1);
    CHECK_ERROR(ERROR_FORMAT, message);
}

TEST(scales_that_are_cut_off_are_refused_at_either_half)
{
    const char *line = "Scale odd 1 1 input output 0=3 1=1";
    check_refused(line, 4, "Scale odd: its weights reach beyond the file");
    check_refused(line, 16, "Scale odd: its weights reach beyond the file");
    check_refused("Scale odd 1 1 input output 0=3 1=1", 28, "24 bytes of 28");
}

TEST(numbers_that_are_no_small_integers_are_refused)
{
    check_refused("PixelShuffle odd 1 1 input output 0=nan", 4, "a number that was never written");
    check_refused("Crop odd 1 1 input output -23309=1,1e300 -23310=1,0", 4,
                  "a number that was never written");
    check_refused("ConvolutionDepthWise odd 1 1 input output 0=-1000 1=1 7=3", 8,
                  "not as many channels");
}
