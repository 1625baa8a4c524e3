#include "eval/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/sha256.h"
#include "data/match.h"

enum { LARGEST_FILE = 1 << 30 };

static void **pointers(int count)
{
    return memory_array(count > 0 ? (size_t)count : 1, sizeof(void *));
}

static void free_all(char **strings, int count)
{
    for (int i = 0; strings && i < count; i++)
        free(strings[i]);
    free(strings);
}

static int index_of_stem(const PictureSet *set, const char *stem)
{
    for (int i = 0; i < set->count; i++)
        if (strcmp(set->stems[i], stem) == 0)
            return i;
    return -1;
}

static int take_picture(PictureSet *set, const char *path)
{
    char *stem = file_stem(path);
    int same = index_of_stem(set, stem), i = set->count;
    if (same >= 0) {
        free(stem);
        return error_set(ERROR_FILE, "%s: has the same stem as %s", path, set->paths[same]);
    }
    set->paths[i] = memory_copy_string(path);
    set->names[i] = memory_copy_string(file_name(path));
    set->stems[i] = stem;
    set->count++;
    if (image_read_size(path, &set->widths[i], &set->heights[i]) != 0)
        return -1;
    if (set->input_only) {
        set->widths[i] *= set->scale;
        set->heights[i] *= set->scale;
        return 0;
    }
    if (set->widths[i] < set->scale || set->heights[i] < set->scale)
        return error_set(ERROR_SHAPE, "%s: %dx%d pixels are too few for scale %d", path,
                         set->widths[i], set->heights[i], set->scale);
    set->widths[i] -= set->widths[i] % set->scale;
    set->heights[i] -= set->heights[i] % set->scale;
    return 0;
}

static int list_pictures(PictureSet *set, const char *folder)
{
    FileList list = {0};
    Findings findings = {0};
    image_list(folder, &list);
    findings_add(&findings);
    set->paths = (char **)pointers(list.count);
    set->names = (char **)pointers(list.count);
    set->stems = (char **)pointers(list.count);
    set->widths = memory_array((size_t)list.count + 1, sizeof(int));
    set->heights = memory_array((size_t)list.count + 1, sizeof(int));
    for (int i = 0; i < list.count; i++) {
        take_picture(set, list.paths[i]);
        findings_add(&findings);
    }
    file_list_free(&list);
    return findings_end(&findings);
}

static int check_lr_size(const PictureSet *set, int i)
{
    int width, height;
    if (image_read_size(set->lr_paths[i], &width, &height) != 0)
        return -1;
    if (width == set->widths[i] / set->scale && height == set->heights[i] / set->scale)
        return 0;
    return error_set(ERROR_SHAPE, "%s: %dx%d pixels, but %s at scale %d needs %dx%d",
                     set->lr_paths[i], width, height, set->names[i], set->scale,
                     set->widths[i] / set->scale, set->heights[i] / set->scale);
}

static int check_lr_sizes(const PictureSet *set)
{
    Findings findings = {0};
    for (int i = 0; i < set->count; i++) {
        check_lr_size(set, i);
        findings_add(&findings);
    }
    return findings_end(&findings);
}

int picture_set_open(PictureSet *set, const char *hr, const char *lr, const char *degrade,
                     int scale)
{
    *set = (PictureSet){.scale = scale, .input_only = hr == NULL};
    int result = list_pictures(set, hr ? hr : lr);
    if (result == 0 && hr && lr) {
        set->lr_paths = picture_match(set, lr);
        result = set->lr_paths ? check_lr_sizes(set) : -1;
    } else if (result == 0 && hr) {
        set->degradation = degradation_open(degrade);
        result = set->degradation ? 0 : -1;
    }
    if (result != 0)
        picture_set_close(set);
    return result;
}

void picture_set_close(PictureSet *set)
{
    free_all(set->paths, set->count);
    free_all(set->names, set->count);
    free_all(set->stems, set->count);
    free_all(set->lr_paths, set->count);
    free(set->widths);
    free(set->heights);
    degradation_free(set->degradation);
    *set = (PictureSet){0};
}

char **picture_match(const PictureSet *set, const char *folder)
{
    return match_stems(set->stems, set->count, folder);
}

void picture_match_free(const PictureSet *set, char **paths)
{
    match_free(paths, set->count);
}

void picture_trim(Image *image, int width, int height)
{
    if (image->width == width && image->height == height)
        return;
    Image trimmed = image_crop(image, 0, 0, width, height);
    image_free(image);
    *image = trimmed;
}

static int digest_file(const char *path, uint64_t digest[4])
{
    size_t count;
    uint8_t *bytes = file_read_whole(path, LARGEST_FILE, &count);
    if (!bytes)
        return -1;
    sha256(bytes, count, digest);
    free(bytes);
    return 0;
}

static int read_lr(const PictureSet *set, int index, const Image *hr, Image *lr)
{
    if (set->lr_paths)
        return image_read(set->lr_paths[index], lr);
    uint64_t key = degradation_key(0, (uint64_t)index, 0);
    if (degradation_apply(set->degradation, hr, set->scale, key, lr) != 0)
        return error_note("%s", set->paths[index]);
    return 0;
}

int picture_read(const PictureSet *set, int index, PicturePair *picture)
{
    *picture = (PicturePair){0};
    if (image_read(set->paths[index], set->input_only ? &picture->lr : &picture->hr) != 0)
        return -1;
    if (!set->input_only)
        picture_trim(&picture->hr, set->widths[index], set->heights[index]);
    if (digest_file(set->paths[index], picture->digest) == 0 &&
        (set->input_only || read_lr(set, index, &picture->hr, &picture->lr) == 0))
        return 0;
    picture_free(picture);
    return -1;
}

void picture_free(PicturePair *picture)
{
    image_free(&picture->hr);
    image_free(&picture->lr);
}
