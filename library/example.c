/* Enlarges a picture with libunmush:
 *
 *     cc example.c $(pkg-config --cflags --libs unmush) -o example
 *     ./example model.safetensors small.ppm large.ppm
 *
 * PPM (P6, 8 bits) is what can be read and written without a library. */
#include <stdio.h>
#include <stdlib.h>
#include <unmush.h>

static int read_ppm(const char *path, unmush_pixels *picture)
{
    FILE *file = fopen(path, "rb");
    int width, height, most;
    if (!file)
        return -1;
    int result = -1;
    if (fscanf(file, "P6 %d %d %d", &width, &height, &most) == 3 && width > 0 && height > 0 &&
        width < 32768 && height < 32768 && most == 255 && fgetc(file) != EOF) {
        size_t bytes = (size_t)width * (size_t)height * 3;
        *picture = (unmush_pixels){malloc(bytes), width, height, 3, UNMUSH_U8, 0};
        if (picture->data && fread(picture->data, 1, bytes, file) == bytes)
            result = 0;
    }
    fclose(file);
    return result;
}

static int write_ppm(const char *path, const unmush_pixels *picture)
{
    size_t bytes = (size_t)picture->width * (size_t)picture->height * 3;
    FILE *file = fopen(path, "wb");
    if (!file)
        return -1;
    fprintf(file, "P6\n%d %d\n255\n", picture->width, picture->height);
    size_t written = fwrite(picture->data, 1, bytes, file);
    return fclose(file) == 0 && written == bytes ? 0 : -1;
}

static int show(void *context, double done)
{
    fprintf(stderr, "\r%s: %3.0f %%%s", (const char *)context, 100 * done, done < 1 ? "" : "\n");
    return 0; /* anything else would cancel */
}

int main(int argc, char **argv)
{
    unmush_model *model = NULL;
    unmush_pixels small = {0}, large = {0};
    char why[512] = "";
    int status = 1;
    if (argc != 4) {
        fprintf(stderr, "usage: %s MODEL IN.ppm OUT.ppm\n", argv[0]);
        return 2;
    }
    if (unmush_open(&model, argv[1], NULL, why, sizeof why) != UNMUSH_OK) {
        fprintf(stderr, "%s\n", why);
    } else if (read_ppm(argv[2], &small) != 0) {
        fprintf(stderr, "%s: not a PPM of 8 bits\n", argv[2]);
    } else {
        int scale = unmush_scale(model);
        large = (unmush_pixels){NULL, small.width * scale, small.height * scale, 3, UNMUSH_U8, 0};
        large.data = malloc((size_t)large.width * (size_t)large.height * 3);
        if (!large.data)
            fprintf(stderr, "out of memory\n");
        else if (unmush_upscale(model, &small, &large, show, argv[3], why, sizeof why) != UNMUSH_OK)
            fprintf(stderr, "%s\n", why);
        else if (write_ppm(argv[3], &large) != 0)
            perror(argv[3]);
        else
            status = 0;
        if (status == 0)
            printf("%s: %d x %d by %s, %s\n", argv[3], large.width, large.height,
                   unmush_name(model), unmush_engine(model));
    }
    free(small.data);
    free(large.data);
    unmush_close(model);
    return status;
}
