/* report.html from lines alone. */
#include "train/page.h"

#include <stdio.h>

#include "core/file.h"
#include "core/json.h"
#include "tests/unit.h"

static char path[512];

static void add(Page *page, const char *text)
{
    cJSON *line = cJSON_Parse(text);
    REQUIRE(line != NULL);
    page_add(page, line);
    cJSON_Delete(line);
}

static char *write_page(const Page *page, PageState state, const char *reason)
{
    size_t count;
    REQUIRE(page_write(page, state, reason, path) == 0);
    char *text = (char *)file_read_whole(path, 1 << 22, &count);
    REQUIRE(text != NULL);
    return text;
}

static cJSON *data_of(const char *text)
{
    const char *begin = strstr(text, "type=\"application/json\">");
    REQUIRE(begin != NULL);
    begin = strchr(begin, '>') + 1;
    cJSON *data = json_parse(begin, (size_t)(strstr(begin, "</script>") - begin), "report.html");
    REQUIRE(data != NULL);
    return data;
}

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static Config config_of(StageConfig *stages)
{
    return (Config){
        .name = "a <b> & \"c\"", .stages = {stages, 2}, .data.validation.hr = "somewhere"};
}

TEST(a_report_holds_every_curve_alarm_and_mark)
{
    StageConfig stages[] = {{.name = "l1", .steps = 100}, {.name = "gan</script>", .steps = 50}};
    Config config = config_of(stages);
    Page *page = page_new(&config);
    snprintf(path, sizeof path, "%s", unit_scratch("report.html"));
    add(page, "{\"step\":0,\"baseline\":{\"smoothing\":0.91,\"hallucination\":0.21}}");
    add(page, "{\"step\":5,\"stage\":\"l1\",\"rate\":0.001,\"losses\":{\"l1\":0.5},\"seconds\":2}");
    add(page, "{\"step\":9,\"stage\":\"l1\",\"validation\":{\"smoothing\":0.75,\"sharpening\":0,"
              "\"hallucination\":0.25,\"psnr_y\":30}}");
    add(page, "{\"step\":10,\"alarm\":\"colour\",\"message\":\"<red>\"}");
    char *text = write_page(page, PAGE_RUNNING, NULL);
    CHECK(strstr(text, "<h1>a &lt;b&gt; &amp; &quot;c&quot;</h1>") != NULL);
    CHECK(strstr(text, "Step 10 of 150, 5&nbsp;min left") != NULL);
    CHECK(strstr(text, "missing has 75 %") && strstr(text, "&lt;red&gt;") &&
          !strstr(text, "<red>"));
    CHECK(!strstr(text, "{{"));
    cJSON *data = data_of(text);
    const cJSON *loss = get(get(data, "series"), "losses/l1");
    CHECK(cJSON_GetArrayItem(cJSON_GetArrayItem(loss, 0), 0)->valuedouble == 5);
    CHECK(cJSON_GetArrayItem(cJSON_GetArrayItem(loss, 1), 0)->valuedouble == 0.5);
    CHECK(cJSON_GetArrayItem(cJSON_GetArrayItem(get(data, "track"), 0), 1)->valuedouble == 0.75);
    CHECK(get(get(data, "bicubic"), "smoothing")->valuedouble == 0.91);
    CHECK(cJSON_GetArraySize(get(data, "alarms")) == 1 && get(data, "refresh")->valuedouble > 0);
    CHECK(strcmp(get(cJSON_GetArrayItem(get(data, "stages"), 1), "name")->valuestring,
                 "gan</script>") == 0);
    cJSON_Delete(data);
    free(text);
    page_free(page);
}

TEST(a_report_of_a_run_that_ended_says_why_and_rests)
{
    StageConfig stages[] = {{.name = "l1", .steps = 100}, {.name = "gan", .steps = 50}};
    Config config = config_of(stages);
    Page *page = page_new(&config);
    char *text = write_page(page, PAGE_STOPPED, "disk <full>");
    CHECK(strstr(text, "Step 0 of 150, disk &lt;full&gt;") != NULL);
    cJSON *data = data_of(text);
    CHECK(get(data, "refresh")->valuedouble == 0 && !get(data, "bicubic"));
    cJSON_Delete(data);
    free(text);
    text = write_page(page, PAGE_FINISHED, NULL);
    CHECK(strstr(text, "finished") != NULL);
    free(text);
    page_free(page);
}

TEST(a_report_of_the_same_lines_again_is_the_same)
{
    StageConfig stages[] = {{.name = "l1", .steps = 100}, {.name = "gan", .steps = 50}};
    Config config = config_of(stages);
    Page *page = page_new(&config);
    char *texts[2];
    for (int i = 0; i < 2; i++) {
        add(page, "{\"step\":5,\"stage\":\"l1\",\"rate\":0.001,\"losses\":{\"l1\":0.5}}");
        add(page, "{\"step\":9,\"stage\":\"l1\",\"validation\":{\"smoothing\":0.75,"
                  "\"sharpening\":0,\"hallucination\":0.25}}");
        texts[i] = write_page(page, PAGE_RUNNING, NULL);
        *strstr(texts[i], "\"written\"") = 0; /* the time comes after */
        page_clear(page);
    }
    CHECK(strcmp(texts[0], texts[1]) == 0);
    free(texts[0]);
    free(texts[1]);
    page_free(page);
}
