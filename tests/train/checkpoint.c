/* Checkpoints, the log and the learner they restore. */
#include "train/checkpoint.h"

#include <stdio.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "nets/srvgg.h"
#include "tests/train/vectors.h"
#include "tests/unit.h"
#include "train/journal.h"

static Learner *small_learner(uint64_t seed)
{
    SrvggConfig config = {.features = 4, .convs = 1};
    Specification s = {&SRVGG, &config, 2};
    return learner_new("generator", &s, NULL, seed, PRECISION_FP32, true);
}

static bool same_vectors(Tensor *a, Tensor *b)
{
    float *x = vector_copy(a), *y = vector_copy(b);
    bool same = memcmp(x, y, (size_t)tensor_count(a) * sizeof(float)) == 0;
    free(x);
    free(y);
    return same;
}

/* Writes a checkpoint of `l` at step 7. */
static const char *write_one(Learner *l)
{
    const char *path = unit_scratch("checkpoint-7.h5");
    Position position = {.step = 7, .stage = 1, .stage_step = 2, .attempt = 3};
    REQUIRE(checkpoint_write(path, &position, "{\"name\":\"try\"}", l, NULL) == 0);
    return path;
}

TEST(a_checkpoint_gives_back_every_bit)
{
    Learner *before = small_learner(1), *after = small_learner(2);
    REQUIRE(before && after);
    learner_set_optimiser(before, OPTIMISER_ADAN);
    for (int i = 0; i < 4; i++)
        tensor_fill(before->states[i], 0.1 * (i + 1));
    tensor_fill(before->average, 0.3);
    const char *path = write_one(before);
    CheckpointHead head;
    REQUIRE(checkpoint_read_head(path, &head) == 0);
    CHECK(head.position.step == 7 && head.position.stage == 1);
    CHECK(head.position.stage_step == 2 && head.position.attempt == 3);
    CHECK(cJSON_IsString(cJSON_GetObjectItem(head.config, "name")));
    CHECK(checkpoint_read(path, after, NULL) == 0);
    CHECK_NO_ERROR();
    CHECK(same_vectors(network_values(before->network), network_values(after->network)));
    REQUIRE(after->optimiser == OPTIMISER_ADAN);
    for (int i = 0; i < 4; i++)
        CHECK(same_vectors(before->states[i], after->states[i]));
    CHECK(same_vectors(before->average, after->average));
    checkpoint_head_free(&head);
    learner_free(before);
    learner_free(after);
    CHECK(tensor_live() == 0);
}

/* Changes a file and finds that its checkpoint is refused by name. */
static void refuses_changed(Learner *l, const char *path, const uint8_t *bytes, size_t count)
{
    CheckpointHead head = {0};
    REQUIRE(file_write_whole(path, bytes, count) == 0);
    CHECK(checkpoint_read_head(path, &head) != 0 || checkpoint_read(path, l, NULL) != 0);
    CHECK(error_pending() == ERROR_FORMAT || error_pending() == ERROR_FILE);
    CHECK(strstr(error_message(), "checkpoint-7.h5") != NULL);
    error_clear();
    checkpoint_head_free(&head);
}

TEST(truncated_and_damaged_checkpoints_are_refused_by_name)
{
    static const float PATTERN[] = {0.3f, 0.3f, 0.3f, 0.3f};
    Learner *l = small_learner(1);
    tensor_fill(l->average, 0.3);
    const char *path = write_one(l);
    size_t count;
    uint8_t *bytes = file_read_whole(path, 1 << 24, &count);
    REQUIRE(bytes != NULL);
    refuses_changed(l, path, bytes, count - 1000);
    refuses_changed(l, path, bytes, 100);
    uint8_t *average = memmem(bytes, count, PATTERN, sizeof PATTERN);
    REQUIRE(average != NULL);
    average[5] ^= 1;
    refuses_changed(l, path, bytes, count);
    learner_free(l);
    free(bytes);
}

TEST(a_checkpoint_of_another_network_is_refused)
{
    Learner *small = small_learner(1);
    const char *path = write_one(small);
    SrvggConfig config = {.features = 8, .convs = 1};
    Specification s = {&SRVGG, &config, 2};
    Learner *large = learner_new("generator", &s, NULL, 1, PRECISION_FP32, true);
    CHECK(checkpoint_read(path, large, NULL) == -1);
    CHECK_ERROR(ERROR_FORMAT, "values, ");
    learner_free(small);
    learner_free(large);
}

TEST(checkpoints_are_listed_newest_first_and_pruned)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s", unit_scratch("run"));
    REQUIRE(file_make_directories(folder) == 0);
    for (int64_t step = 5; step <= 25; step += 5) {
        char *path = checkpoint_path(folder, step);
        REQUIRE(file_write_whole(path, "x", 1) == 0);
        free(path);
    }
    const int64_t kept[] = {15, 25};
    CheckpointRule rule = {.step = 20, .kept = kept, .kept_count = 2};
    checkpoint_prune(folder, &rule);
    int64_t *steps;
    int count = checkpoint_list(folder, &steps);
    CHECK(count == 2 && steps[0] == 20 && steps[1] == 15);
    free(steps);
}

TEST(checkpoints_stay_for_one_of_three_reasons)
{
    const int64_t kept[] = {30, 60};
    CheckpointRule rule = {.step = 100, .each = 40, .kept = kept, .kept_count = 2};
    CHECK(checkpoint_stays(&rule, 90, true) && !checkpoint_stays(&rule, 90, false));
    CHECK(checkpoint_stays(&rule, 80, false) && checkpoint_stays(&rule, 40, false));
    CHECK(checkpoint_stays(&rule, 60, false) && checkpoint_stays(&rule, 30, false));
    CHECK(!checkpoint_stays(&rule, 50, false) && !checkpoint_stays(&rule, 0, false));
    CHECK(!checkpoint_stays(&rule, 120, true));
}

static int add_step(Journal *journal, int step)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddNumberToObject(line, "step", step);
    int result = journal_add(journal, line);
    cJSON_Delete(line);
    return result;
}

TEST(reopening_the_log_drops_later_and_torn_lines)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s", unit_scratch("log"));
    REQUIRE(file_make_directories(folder) == 0);
    char *path = file_join(folder, "log.jsonl");
    static const char TEXT[] = "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"step\":4";
    REQUIRE(file_write_whole(path, TEXT, sizeof TEXT - 1) == 0);
    Journal *journal = journal_open(folder, 2);
    REQUIRE(journal != NULL);
    CHECK(add_step(journal, 3) == 0);
    journal_close(journal);
    size_t count;
    char *text = (char *)file_read_whole(path, 1000, &count);
    CHECK(strcmp(text, "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n") == 0);
    free(text);
    free(path);
}
