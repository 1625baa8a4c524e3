#include "core/error.h"
#include "nets/weights_files.h"
#include "tests/nets/torch_files.h"
#include "tests/unit.h"

static const float SIX[6] = {1, 2, 3, 4, 5, 6};
static const TestStorage STORAGE = {"7", SIX, sizeof SIX, 6};
static const TestTensor PLAIN = {"a.weight", "FloatStorage", "7", 6, 0, 2, {2, 3}, {3, 1}};

typedef Bytes Builder(const Bytes *object, const TestStorage *storages, int count);

static Weights *parse(const Bytes *file)
{
    return weights_parse(file->data, file->count, "f.pth");
}

/* Wraps the object, whose pickle is freed, around one storage of six floats and parses it. */
static Weights *parse_object(Bytes object, Builder *builder)
{
    Bytes file = builder(&object, &STORAGE, 1);
    Weights *weights = parse(&file);
    bytes_free(&file);
    bytes_free(&object);
    return weights;
}

static void check_values(const Weights *weights, const char *key, const float *expected, int count)
{
    CHECK_NO_ERROR();
    REQUIRE(weights != NULL);
    const Weight *w = weights_find(weights, key);
    REQUIRE(w != NULL);
    REQUIRE(w->count == count);
    CHECK(count == 0 || memcmp(w->values, expected, (size_t)count * sizeof *expected) == 0);
}

TEST(both_torch_formats_give_a_plain_tensor)
{
    Builder *const builders[] = {torch_zip, torch_older};
    for (int i = 0; i < 2; i++) {
        Weights *weights = parse_object(pickle_of_tensors(&PLAIN, 1), builders[i]);
        check_values(weights, "a.weight", SIX, 6);
        CHECK(weights->items[0].rank == 2 && weights->items[0].shape[0] == 2 &&
              weights->items[0].shape[1] == 3);
        weights_free(weights);
    }
}

TEST(strided_tensors_on_one_storage_become_contiguous)
{
    const TestTensor tensors[] = {
        PLAIN,
        {"transposed", "FloatStorage", "7", 6, 0, 2, {3, 2}, {1, 3}},
        {"window", "FloatStorage", "7", 6, 2, 1, {2}, {1}},
        {"every_second", "FloatStorage", "7", 6, 1, 1, {3}, {2}},
        {"expanded", "FloatStorage", "7", 6, 4, 2, {2, 2}, {0, 1}},
        {"scalar", "FloatStorage", "7", 6, 5, 0, {0}, {0}},
        {"empty", "FloatStorage", "7", 6, 6, 2, {0, 4}, {4, 1}},
    };
    Weights *weights = parse_object(pickle_of_tensors(tensors, 7), torch_zip);
    check_values(weights, "a.weight", SIX, 6);
    check_values(weights, "transposed", (float[]){1, 4, 2, 5, 3, 6}, 6);
    check_values(weights, "window", (float[]){3, 4}, 2);
    check_values(weights, "every_second", (float[]){2, 4, 6}, 3);
    check_values(weights, "expanded", (float[]){5, 6, 5, 6}, 4);
    check_values(weights, "scalar", (float[]){6}, 1);
    check_values(weights, "empty", NULL, 0);
    weights_free(weights);
}

TEST(all_storage_types_become_float32)
{
    static const uint16_t half[] = {0x3c00, 0xc000}, brain[] = {0x3f80, 0xc000};
    static const double doubles[] = {1, -2};
    static const int64_t longs[] = {1, -2};
    static const int32_t ints[] = {1, -2};
    const TestStorage storages[] = {
        {"1", half, sizeof half, 2},       {"2", brain, sizeof brain, 2},
        {"3", doubles, sizeof doubles, 2}, {"4", longs, sizeof longs, 2},
        {"5", ints, sizeof ints, 2},       {"6", "\1\2", 2, 2}};
    static const char *const types[] = {"HalfStorage", "BFloat16Storage", "DoubleStorage",
                                        "LongStorage", "IntStorage",      "ByteStorage"};
    TestTensor tensors[6];
    for (int i = 0; i < 6; i++)
        tensors[i] = (TestTensor){types[i], types[i], storages[i].key, 2, 0, 1, {2}, {1}};
    Bytes object = pickle_of_tensors(tensors, 6);
    Builder *const builders[] = {torch_zip, torch_older};
    for (int b = 0; b < 2; b++) {
        Bytes file = builders[b](&object, storages, 6);
        Weights *weights = parse(&file);
        for (int i = 0; i < 6; i++)
            check_values(weights, types[i], (float[]){1, i == 5 ? 2 : -2}, 2);
        weights_free(weights);
        bytes_free(&file);
    }
    bytes_free(&object);
}

/* {"epoch": 3, WRAPPER: {PLAIN, "note": None}} as a pickle. */
static Bytes wrapped(const char *wrapper)
{
    Bytes object = {0};
    bytes_text(&object, "\x80\x02}(");
    push_text(&object, "epoch");
    push_integer(&object, 3);
    push_text(&object, wrapper);
    bytes_text(&object, "}(");
    push_tensor(&object, &PLAIN);
    push_text(&object, "note");
    bytes_text(&object, "Nuu.");
    return object;
}

TEST(known_wrapper_dictionaries_are_opened)
{
    static const char *const names[] = {
        "model_state_dict", "state_dict", "params_ema", "params-ema", "params", "model", "net"};
    for (int i = 0; i < 7; i++) {
        Weights *weights = parse_object(wrapped(names[i]), torch_older);
        check_values(weights, "a.weight", SIX, 6);
        CHECK(weights->count == 1);
        weights_free(weights);
    }
    CHECK(parse_object(wrapped("optimizer"), torch_zip) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "f.pth: holds no tensors where a state dictionary has them (first "
                              "key: epoch)");
}

TEST(params_ema_comes_before_params)
{
    TestTensor average = PLAIN;
    average.key = "average";
    Bytes object = {0};
    bytes_text(&object, "\x80\x02}(");
    push_text(&object, "params");
    bytes_text(&object, "}(");
    push_tensor(&object, &PLAIN);
    bytes_text(&object, "u");
    push_text(&object, "params_ema");
    bytes_text(&object, "}(");
    push_tensor(&object, &average);
    bytes_text(&object, "uu.");
    Weights *weights = parse_object(object, torch_zip);
    check_values(weights, "average", SIX, 6);
    CHECK(weights->count == 1);
    weights_free(weights);
}

TEST(a_single_key_dictionary_is_opened_and_common_prefixes_dropped)
{
    TestTensor prefixed = PLAIN;
    prefixed.key = "module.netG.a.weight";
    Bytes object = {0};
    bytes_text(&object, "\x80\x02}");
    push_text(&object, "anything");
    bytes_text(&object, "}(");
    push_tensor(&object, &prefixed);
    bytes_text(&object, "us.");
    Weights *weights = parse_object(object, torch_zip);
    check_values(weights, "a.weight", SIX, 6);
    weights_free(weights);
}

TEST(a_prefix_that_not_all_keys_have_stays)
{
    TestTensor tensors[] = {PLAIN, PLAIN};
    tensors[0].key = "module.a";
    Weights *weights = parse_object(pickle_of_tensors(tensors, 2), torch_zip);
    check_values(weights, "module.a", SIX, 6);
    weights_free(weights);
}

/* Parses an object that is this pickle code and expects this message. */
static void check_refused(const char *code, const char *message)
{
    Bytes object = {0};
    bytes_text(&object, "\x80\x02");
    bytes_text(&object, code);
    CHECK(parse_object(object, torch_zip) == NULL);
    CHECK_ERROR(ERROR_FORMAT, message);
}

TEST(malicious_pickles_are_refused_by_name)
{
    check_refused("cos\nsystem\n(X\4...", "f.pth: refuses to execute os.system");
    check_refused("c__builtin__\neval\n", "f.pth: refuses to execute __builtin__.eval");
    check_refused("c__torch__.net\nModule\n", "f.pth: refuses to execute __torch__.net.Module");
    check_refused("cnumpy\n\33[31m\n", "f.pth: refuses to execute numpy.?[31m");
    check_refused("(S'id'\n", "f.pth: pickle byte 3: refuses opcode 0x53");
    check_refused("ctorch\nFloatStorage\n)R.", "refuses to execute a storage type");
    check_refused("NNb.", "sets attributes of something that is not a dictionary");
}

TEST(broken_pickles_are_refused)
{
    check_refused("", "ends early");
    check_refused(".", "takes from an empty stack");
    check_refused("u.", "no mark");
    check_refused("(u.", "takes from an empty stack");
    check_refused("(e.", "takes from an empty stack");
    check_refused("}(Nu.", "not a list or dictionary");
    check_refused("NNNu.", "no mark");
    check_refused("Na.", "takes from an empty stack");
    check_refused("NNa.", "not a list or dictionary");
    check_refused("h\1.", "not remembered");
    check_refused("Nr\377\377\377\177.", "remembers too many values");
    check_refused("\x85.", "takes from an empty stack");
    check_refused("N)R.", "cannot be called");
    check_refused("X\377\377\377\377abc", "more than 16 MiB");
    check_refused("U\50abc", "ends early");
    check_refused("NQ.", "storage is described by something else");
    check_refused("ctorch._utils\n_rebuild_tensor_v2\n)R.", "a tensor is made of something else");
    check_refused("ccollections\nOrderedDict\n](NNe\x85R.", "something else than pairs");
    check_refused("cno newline", "ends early");
    check_refused("N.", "not a state dictionary");
    check_refused("}.", "f.pth: holds no tensors");
}

TEST(a_dictionary_that_holds_itself_ends)
{
    check_refused("}q\1U\3netq\2h\1s.", "f.pth: holds no tensors");
}

TEST(endless_copies_are_bounded)
{
    Bytes object = {0};
    bytes_text(&object, "\x80\2ccollections\nOrderedDict\nq\1](");
    for (int i = 0; i < 3000; i++)
        bytes_text(&object, "NN\x86");
    bytes_text(&object, "e\x85q\2");
    for (int i = 0; i < 1000; i++)
        bytes_text(&object, "h\1h\2R");
    bytes_text(&object, ".");
    CHECK(parse_object(object, torch_zip) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "copies too many values");
}

static void check_tensor_refused(TestTensor tensor, const char *message)
{
    Builder *const builders[] = {torch_zip, torch_older};
    for (int i = 0; i < 2; i++) {
        CHECK(parse_object(pickle_of_tensors(&tensor, 1), builders[i]) == NULL);
        CHECK_ERROR(ERROR_FORMAT, message);
    }
}

TEST(tensors_beyond_their_storage_are_refused)
{
    const int64_t huge = INT64_MAX / 2;
    TestTensor t = PLAIN;
    t.offset = 1;
    check_tensor_refused(t, "f.pth: tensor a.weight: offset, size and stride reach beyond");
    t = PLAIN, t.stride[0] = 4;
    check_tensor_refused(t, "reach beyond its storage of 6 elements");
    t = PLAIN, t.stride[0] = huge;
    check_tensor_refused(t, "reach beyond its storage");
    t = PLAIN, t.offset = INT64_MAX;
    check_tensor_refused(t, "reach beyond its storage");
    t = PLAIN, t.offset = -1;
    check_tensor_refused(t, "a tensor is made of something else");
    t = PLAIN, t.shape[1] = -3;
    check_tensor_refused(t, "size must hold whole numbers of at least 0");
    t = PLAIN, t.stride[1] = -1;
    check_tensor_refused(t, "stride must hold whole numbers of at least 0");
    t = PLAIN, t.shape[0] = huge;
    check_tensor_refused(t, "f.pth: tensor a.weight: size is too large");
    t = PLAIN, t.shape[0] = 1 << 30, t.stride[0] = t.stride[1] = 0;
    check_tensor_refused(t, "f.pth: tensor a.weight: has more elements than the file can hold");
    t = PLAIN, t.rank = 6;
    check_tensor_refused(t, "size has more than 5 dimensions");
    t = PLAIN, t.key = "";
    check_tensor_refused(t, "a tensor has an empty key");
    t = PLAIN, t.key = "a\nb";
    check_tensor_refused(t, "tensor key \"a?b\" has control characters");
    t = PLAIN, t.storage_type = "ComplexFloatStorage";
    check_tensor_refused(t, "f.pth: refuses to execute torch.ComplexFloatStorage");
}

TEST(storages_must_be_there_and_of_the_size_said)
{
    TestTensor t = PLAIN;
    t.storage_key = "8";
    CHECK(parse_object(pickle_of_tensors(&t, 1), torch_zip) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "f.pth: storage 8 is missing");
    CHECK(parse_object(pickle_of_tensors(&t, 1), torch_older) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "f.pth: storage 7 is not mentioned by any tensor");
    t = PLAIN, t.storage_count = 5, t.shape[0] = 1;
    CHECK(parse_object(pickle_of_tensors(&t, 1), torch_zip) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "f.pth: storage 7 has 24 bytes, not what its 5 elements need");
    CHECK(parse_object(pickle_of_tensors(&t, 1), torch_older) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "f.pth: storage 7 has another size");
    t = PLAIN, t.storage_count = INT64_MAX;
    CHECK(parse_object(pickle_of_tensors(&t, 1), torch_older) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "f.pth: storage 7: the file ends before");
}

TEST(duplicate_keys_are_refused)
{
    const TestTensor twice[] = {PLAIN, PLAIN};
    CHECK(parse_object(pickle_of_tensors(twice, 2), torch_zip) == NULL);
    CHECK_ERROR(ERROR_FORMAT, "f.pth: tensor a.weight appears twice");
}

static void check_zip_refused(const TestEntry *entries, int count, const char *message)
{
    Bytes file = zip_of_entries(entries, count);
    CHECK(parse(&file) == NULL);
    CHECK_ERROR(ERROR_FORMAT, message);
    bytes_free(&file);
}

TEST(foreign_zip_archives_are_refused)
{
    const TestEntry text = {"readme.txt", "hello", 5, 0}, deflated = {"data.pkl", "xyz", 3, 8};
    const TestEntry pickle = {"data.pkl", "\x80\2}.", 4, 0}, big = {"byteorder", "big", 3, 0};
    const TestEntry inner = {"inner/data.pkl", "\x80\2}.", 4, 0};
    check_zip_refused(&text, 1, "f.pth: zip archive without data.pkl");
    check_zip_refused(&deflated, 1, "f.pth: zip entry archive/data.pkl: compressed");
    check_zip_refused((TestEntry[]){pickle, big}, 2, "f.pth: byteorder is not little");
    check_zip_refused((TestEntry[]){pickle, pickle}, 2, "a name appears twice");
    check_zip_refused((TestEntry[]){pickle, inner}, 2, "more than one data.pkl");
}

TEST(zip64_directories_are_read)
{
    Bytes object = pickle_of_tensors(&PLAIN, 1), file = torch_zip(&object, &STORAGE, 1);
    size_t end = file.count - 22;
    uint64_t entries = 3, bytes = 0, offset = 0;
    memcpy(&bytes, file.data + end + 12, 4);
    memcpy(&offset, file.data + end + 16, 4);
    Bytes big = {0};
    bytes_add(&big, file.data, end);
    bytes_text(&big, "PK\6\6");
    bytes_number(&big, 44, 8);
    bytes_number(&big, 45 | 45 << 16, 4);
    bytes_number(&big, 0, 8);
    bytes_number(&big, entries, 8);
    bytes_number(&big, entries, 8);
    bytes_number(&big, bytes, 8);
    bytes_number(&big, offset, 8);
    bytes_text(&big, "PK\6\7");
    bytes_number(&big, 0, 4);
    bytes_number(&big, end, 8);
    bytes_number(&big, 1, 4);
    memset(file.data + end + 8, 0xff, 12);
    bytes_add(&big, file.data + end, 22);
    Weights *weights = parse(&big);
    check_values(weights, "a.weight", SIX, 6);
    weights_free(weights);
    bytes_free(&big);
    bytes_free(&file);
    bytes_free(&object);
}

TEST(torch_files_cut_anywhere_are_refused)
{
    Builder *const builders[] = {torch_zip, torch_older};
    for (int i = 0; i < 2; i++) {
        Bytes object = pickle_of_tensors(&PLAIN, 1), file = builders[i](&object, &STORAGE, 1);
        for (size_t count = 0; count < file.count; count++) {
            uint8_t *cut = malloc(count ? count : 1); /* of exactly this size, for the sanitizer */
            memcpy(cut, file.data, count);
            CHECK(weights_parse(cut, count, "f.pth") == NULL);
            CHECK_ERROR(ERROR_FORMAT, "f.pth: ");
            free(cut);
        }
        bytes_free(&file);
        bytes_free(&object);
    }
}
