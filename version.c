#include "version.h"

#include <cjson/cJSON.h>
#include <hdf5.h>
#include <lcms2.h>
#include <mpi.h>
#include <png.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>
#include <webp/decode.h>
#include <zlib.h>
/* After stdio.h, which it needs. */
#include <jpeglib.h>

#include "core/error.h"
#include "core/transfer.h"
#include "data/degrade/video.h"
#include "tensor/tensor.h"

#define TEXT_OF(x)  #x
#define VALUE_OF(x) TEXT_OF(x)

int version_print(void)
{
    unsigned major, minor, release;
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
    int length, webp = WebPGetDecoderVersion();
    H5get_libversion(&major, &minor, &release);
    MPI_Get_library_version(mpi, &length);
    mpi[strcspn(mpi, ",")] = 0;
    printf("unmush %s\n", UNMUSH_VERSION);
    printf("%s\n", tensor_version());
    printf("HDF5 %u.%u.%u\n", major, minor, release);
    printf("%s\n", mpi);
    printf("libpng %s\n", png_get_libpng_ver(NULL));
    printf("libjpeg-turbo %s\n", VALUE_OF(LIBJPEG_TURBO_VERSION));
    printf("libwebp %d.%d.%d\n", webp >> 16, webp >> 8 & 255, webp & 255);
    const char *tiff = strstr(TIFFGetVersion(), "Version ") + strlen("Version ");
    printf("libtiff %.*s\n", (int)strcspn(tiff, "\n"), tiff);
    printf("lcms2 %d.%d\n", cmsGetEncodedCMMversion() / 1000, cmsGetEncodedCMMversion() / 10 % 100);
    if (video_version())
        printf("%s\n", video_version());
    const TransferLibrary *transfer = transfer_open();
    if (transfer)
        printf("%s\n", transfer->version);
    printf("zlib %s\n", zlibVersion());
    printf("cJSON %s\n", cJSON_Version());
    printf("protobuf-c %s\n", protobuf_c_version());
    return error_pending() ? -1 : 0;
}
