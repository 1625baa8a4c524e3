/* The folder of a web page. What the page does is in tests/e2e/web.sh. */
#include "export/web.h"

#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "core/memory.h"
#include "export/export_command.h"
#include "nets/model.h"
#include "nets/srvgg.h"
#include "tests/export/unfinished.h"
#include "tests/unit.h"

#define RUN(...) run((char *[]){"export", __VA_ARGS__, "--format=web", "-q", NULL})
static int run(char **arguments)
{
    int count = 0;
    while (arguments[count])
        count++;
    return export_command(count, arguments);
}

static char *scratch(const char *name)
{
    return memory_copy_string(unit_scratch(name));
}

static char *generator(const char *name, const char *config, uint64_t seed, const char *evaluation)
{
    char *path = scratch(name);
    cJSON *object = cJSON_Parse(config);
    Specification s;
    REQUIRE(specification_parse(&s, object, KIND_GENERATOR, 3, "test") == 0);
    Graph *g = specification_build(&s);
    Weights *weights = graph_initial_weights(g, seed);
    if (evaluation)
        weights_set_text(weights, "unmush.evaluation", evaluation);
    REQUIRE(model_write(path, &s, weights) == 0);
    weights_free(weights);
    graph_free(g);
    specification_free(&s);
    cJSON_Delete(object);
    return path;
}

#define SMALL "{\"type\":\"srvgg\",\"features\":6,\"convs\":2}"

/* --runtime=DIR of files that only have the names of onnxruntime-web's. */
static char *pretended_runtime(void)
{
    static const char *const FILES[] = {"dist/ort.wasm.min.js",
                                        "dist/ort-wasm-simd-threaded.mjs",
                                        "dist/ort-wasm-simd-threaded.wasm",
                                        "dist/ort.webgpu.min.js",
                                        "dist/ort-wasm-simd-threaded.asyncify.mjs",
                                        "dist/ort-wasm-simd-threaded.asyncify.wasm"};
    char *folder = scratch("web-runtime"), *option = memory_print("--runtime=%s", folder);
    char *below = file_join(folder, "dist");
    REQUIRE(file_make_directories(below) == 0);
    free(below);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        char *path = file_join(folder, FILES[i]);
        REQUIRE(file_write_whole(path, "a \"b\"\n", 6) == 0);
        free(path);
    }
    char *package = file_join(folder, "package.json");
    static const char VERSION[] = "{\"version\": \"1.30.0\"}";
    REQUIRE(file_write_whole(package, VERSION, sizeof VERSION - 1) == 0);
    free(package);
    free(folder);
    return option;
}

static char *content(const char *folder, const char *name)
{
    size_t count;
    char *path = file_join(folder, name), *text = (char *)file_read_whole(path, 1 << 24, &count);
    REQUIRE(text != NULL);
    free(path);
    return text;
}

static int file_count(const char *folder)
{
    FileList files = {0};
    REQUIRE(file_list(folder, true, &files) == 0);
    int count = files.count;
    file_list_free(&files);
    return count;
}

TEST(a_page_has_its_model_and_what_it_must_know_of_it)
{
    char *runtime = pretended_runtime(), *out = scratch("web-page");
    char *model = generator("web-one.safetensors", SMALL, 3,
                            "{\"smoothing\":0.625,\"hallucination\":0.25,\"set\":\"five\"}");
    REQUIRE(RUN(model, runtime, "-o", out, "--verify") == 0);
    CHECK_NO_ERROR();
    char *script = content(out, "model.js"), *page = content(out, "index.html");
    CHECK(strstr(script, "\"scale\":3,") != NULL);
    CHECK(strstr(script, "\"overlap\":4,") != NULL); /* four convolutions of 3 x 3 */
    CHECK(strstr(script, "\"tile\":256,") != NULL);
    CHECK(strstr(script, "\"name\":\"web-one\",\"smoothing\":0.625,\"hallucination\":0.25,\"set\":"
                         "\"five\"}]};") != NULL);
    CHECK(strstr(script, "\nMODEL.ends[0].onnx = \"CA") != NULL);
    CHECK(strstr(page, "connect-src 'none'") != NULL);
    char *packed = content(out, "runtime-wasm.js");
    CHECK(strstr(packed, "\"version\":\"1.30.0\",\"library\":\"a \\\"b\\\"\\n\"") != NULL);
    CHECK(strstr(packed, "blendWeights") != NULL);
    CHECK(strstr(packed, "\nRUNTIME.wasm = \"H4sI") != NULL); /* gzip */
    free(packed);
    free(page);
    free(script);
    free(model);
    free(out);
    free(runtime);
}

TEST(two_models_of_one_network_make_a_page_with_both)
{
    char *runtime = pretended_runtime(), *out = scratch("web-two");
    char *a = generator("web-a.safetensors", SMALL, 3, NULL);
    char *b = generator("web-b.safetensors", SMALL, 4, NULL);
    char *c =
        generator("web-c.safetensors", "{\"type\":\"srvgg\",\"features\":8,\"convs\":2}", 3, NULL);
    REQUIRE(RUN(a, b, runtime, "-o", out) == 0);
    char *script = content(out, "model.js");
    CHECK(strstr(script, "\"ends\":[{\"name\":\"web-a\"},{\"name\":\"web-b\"}]") != NULL);
    CHECK(strstr(script, "\nMODEL.ends[1].onnx = ") != NULL);
    free(script);
    int files = file_count(out);
    CHECK(RUN(a, runtime, "-o", out) == 0); /* takes its place */
    script = content(out, "model.js");
    CHECK(strstr(script, "MODEL.ends[1]") == NULL && file_count(out) == files);
    free(script);
    CHECK(RUN(a, c, runtime, "-o", out) == -1);
    CHECK_ERROR(ERROR_FORMAT, "web-c.safetensors");
    CHECK(file_count(out) == files);
    free(c);
    free(b);
    free(a);
    free(out);
    free(runtime);
}

TEST(folders_with_other_things_in_them_are_left_alone)
{
    char *runtime = pretended_runtime(), *out = scratch("web-mine");
    char *model = generator("web-left.safetensors", SMALL, 3, NULL);
    char *letter = file_join(out, "letter.txt");
    REQUIRE(file_make_directories(out) == 0);
    REQUIRE(file_write_whole(letter, "mine", 4) == 0);
    CHECK(RUN(model, runtime, "-o", out) == -1);
    CHECK_ERROR(ERROR_FILE, "letter.txt: is no file of such a page");
    CHECK(file_count(out) == 1 && unfinished_of(out) == 0);
    unlink(letter);
    CHECK(RUN(model, "--runtime=/no/such", "-o", out) == -1);
    CHECK_ERROR(ERROR_FILE, "/no/such: not the files of onnxruntime-web; get them by: npm install");
    CHECK(file_count(out) == 0 && unfinished_of(out) == 0);
    CHECK(RUN(model, runtime, "-o", out) == 0); /* an empty one is filled */
    free(letter);
    free(model);
    free(out);
    free(runtime);
}

/* Exports over a folder that somebody else has something in: it is refused, and stays. */
static void check_left(const char *model, const char *runtime, const char *out, const char *kept,
                       const char *said)
{
    char *path = file_join(out, kept);
    REQUIRE(file_exists(path));
    CHECK(RUN((char *)model, (char *)runtime, "-o", (char *)out) == -1);
    CHECK_ERROR(ERROR_FILE, said);
    CHECK(file_exists(path) && unfinished_of(out) == 0);
    free(path);
}

static void put(const char *folder, const char *name, const char *text)
{
    char *path = file_join(folder, name);
    REQUIRE(file_write_whole(path, text, strlen(text)) == 0);
    free(path);
}

static int remove_with(const char *folder, const char *name)
{
    char *path = file_join(folder, name);
    int result = unlink(path) == 0 ? rmdir(folder) : -1;
    free(path);
    return result;
}

TEST(pages_with_hidden_files_or_folders_in_them_are_left_alone)
{
    char *runtime = pretended_runtime(), *out = scratch("web-checkout");
    char *model = generator("web-checkout.safetensors", SMALL, 3, NULL);
    REQUIRE(RUN(model, runtime, "-o", out) == 0);
    char *git = file_join(out, ".git"), *deep = file_join(out, "my"),
         *hidden = file_join(out, ".a");
    REQUIRE(file_make_directories(git) == 0);
    put(git, "HEAD", "ref: refs/heads/main");
    check_left(model, runtime, out, ".git/HEAD", ".git: is no file of such a page");
    REQUIRE(remove_with(git, "HEAD") == 0);
    REQUIRE(file_make_directories(deep) == 0);
    put(deep, "app.js", "mine");
    check_left(model, runtime, out, "my/app.js", "my: is no file of such a page");
    REQUIRE(remove_with(deep, "app.js") == 0);
    put(out, ".a", "mine");
    check_left(model, runtime, out, ".a", ".a: is no file of such a page");
    unlink(hidden);
    CHECK(RUN(model, runtime, "-o", out) == 0);
    CHECK_NO_ERROR();
    free(hidden);
    free(deep);
    free(git);
    free(model);
    free(out);
    free(runtime);
}

TEST(somebodys_own_site_is_left_alone)
{
    char *runtime = pretended_runtime(), *out = scratch("web-site");
    char *model = generator("web-site.safetensors", SMALL, 3, NULL);
    REQUIRE(file_make_directories(out) == 0);
    put(out, "index.html", "<!doctype html>");
    put(out, "style.css", "");
    put(out, "app.js", "\"use strict\";\n");
    check_left(model, runtime, out, "index.html", "model.js: is no model of such a page");
    put(out, "model.js", "\"use strict\";\nconst MODEL = {};\n");
    check_left(model, runtime, out, "model.js", "model.js: is no model of such a page");
    free(model);
    free(out);
    free(runtime);
}
