/* Our JSON parser against jansson: what is JSON, and what it says; over the
 * fixtures, over texts at the edges of the grammar, and over damaged ones. */

#include "tests/unit/json_as_jansson.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MUTATIONS 300 /* of each text */
#define TEXT_BYTES 65536

struct text {
    const char *data;
    size_t size;
};

#define TEXT(literal)                                                          \
    {                                                                          \
        literal, sizeof(literal) - 1                                           \
    }

static const struct text edges[] = {
    TEXT("{}"),
    TEXT("[]"),
    TEXT(" [ ] "),
    TEXT("\t\r\n{ \"a\" : [ 1 , 2 ] }\n"),
    TEXT("null"),
    TEXT("true"),
    TEXT("false"),
    TEXT("nul"),
    TEXT("nulll"),
    TEXT("True"),
    TEXT(""),
    TEXT(" "),
    TEXT("{} {}"),
    TEXT("[1,]"),
    TEXT("[,1]"),
    TEXT("[1 2]"),
    TEXT("{\"a\":1,}"),
    TEXT("{\"a\" 1}"),
    TEXT("{\"a\":}"),
    TEXT("{a:1}"),
    TEXT("{1:1}"),
    TEXT("{\"a\":1"),
    TEXT("[1"),
    TEXT("]"),
    TEXT("[}"),
    TEXT("0"),
    TEXT("-0"),
    TEXT("00"),
    TEXT("01"),
    TEXT("-"),
    TEXT("+1"),
    TEXT("1."),
    TEXT(".5"),
    TEXT("1.5"),
    TEXT("-1.5e10"),
    TEXT("1e5"),
    TEXT("1E+5"),
    TEXT("1e-5"),
    TEXT("1e"),
    TEXT("1e+"),
    TEXT("1.e5"),
    TEXT("0x10"),
    TEXT("NaN"),
    TEXT("Infinity"),
    TEXT("1 "),
    TEXT("\"\""),
    TEXT("\"a"),
    TEXT("\"a\\\""),
    TEXT("\"\\\\\\/\\b\\f\\n\\r\\t\\\"\""),
    TEXT("\"\\a\""),
    TEXT("\"\\'\""),
    TEXT("\"\\u0041\\u00e9\\u4e16\\ud83d\\ude00\""),
    TEXT("\"\\u004\""),
    TEXT("\"\\u00g0\""),
    TEXT("\"\\U0041\""),
    TEXT("\"\\ud800\\ud800\""),
    TEXT("\"\\udc00\""),
    TEXT("\"\\ud83d\\u0041\""),
    TEXT("\"\\u0000\""),
    TEXT("{\"\\u0000\":1}"),
    TEXT("{\"\\u0061\":1,\"a\":2}"),
    TEXT("{\"a\":1,\"b\":2,\"a\":[3]}"),
    TEXT("\"\t\""),
    TEXT("\"\x01\""),
    TEXT("\"\x7f\""),
    TEXT("\"\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80\""),
    TEXT("\"\x80\""),
    TEXT("\"\xc3\""),
    TEXT("\"\xc0\x80\""),
    TEXT("\"\xe0\x80\x80\""),
    TEXT("\"\xed\xa0\x80\""),
    TEXT("\"\xf4\x90\x80\x80\""),
    TEXT("\"\xff\""),
    TEXT("\xef\xbb\xbf{}"),
    TEXT("{}\0"),
    TEXT("\"a\0b\""),
    TEXT("[1]//x"),
    TEXT("/**/1"),
    TEXT("\"12345678\\\"12345678\""),
    TEXT("\"1234567\x1f\""),
    TEXT("\"1234567\xc3\xa9"),
};

/* How the two agreed: both took it, or both did not. */
struct tally {
    size_t taken, refused, known;
};

static void compare(const char *data, size_t size, struct json_document *doc,
                    struct tally *tally)
{
    char *text = memory_resize(NULL, size > 0 ? size : 1, 1);

    if (size > 0)
        memcpy(text, data, size);
    switch (json_agreement((struct slice){text, size}, doc)) {
    case AGREE_TAKEN:
        tally->taken++;
        break;
    case AGREE_REFUSED:
        tally->refused++;
        break;
    case AGREE_KNOWN:
        tally->known++;
        break;
    case AGREE_NOT:
        fail_msg("not to both the same:\n%.*s", (int)size, text);
    }
    free(text);
}

static void edges_of_the_grammar(void **state)
{
    struct json_document doc = {.nodes = NULL};
    struct tally tally = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(edges); i++)
        compare(edges[i].data, edges[i].size, &doc, &tally);
    assert_true(tally.taken > 20 && tally.refused > 40);
    json_release(&doc);
}

/* xorshift: the same damage every time. */
static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* One or a few bytes changed, taken away, doubled or cut off. */
static size_t damage(char *text, size_t size, uint32_t *seed)
{
    static const char bytes[] =
        "{}[]\",:\\u0019.eE+-tfn \t\n\0\x80\xc3\xed\xf0";

    for (uint32_t times = next_random(seed) % 3; size > 0; times--) {
        size_t at = next_random(seed) % size;
        size_t rest = size - at;
        switch (next_random(seed) % 4) {
        case 0:
            text[at] = bytes[next_random(seed) % sizeof(bytes)];
            break;
        case 1:
            memmove(text + at, text + at + 1, rest - 1);
            size--;
            break;
        case 2:
            memmove(text + at + 1, text + at, rest);
            size++;
            break;
        default:
            if (next_random(seed) % 8 == 0)
                size = at;
            break;
        }
        if (times == 0)
            break;
    }
    return size;
}

static void compare_damaged(const char *data, size_t size, uint32_t *seed,
                            struct json_document *doc, struct tally *tally)
{
    static char text[TEXT_BYTES + 8];

    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(text, data, size);
        compare(text, damage(text, size, seed), doc, tally);
    }
}

static void damaged_texts(void **state)
{
    struct json_document doc = {.nodes = NULL};
    struct tally tally = {0};
    uint32_t seed = 1;

    (void)state;
    for (size_t i = 0; i < COUNT(edges); i++)
        compare_damaged(edges[i].data, edges[i].size, &seed, &doc, &tally);
    assert_true(tally.taken > 1000 && tally.refused > 10000);
    json_release(&doc);
}

static void the_fixtures_whole_and_damaged(void **state)
{
    static char text[TEXT_BYTES];
    struct json_document doc = {.nodes = NULL};
    struct tally whole = {0}, damaged = {0};
    uint32_t seed = 2;
    glob_t files;

    (void)state;
    assert_int_equal(glob("tests/fixtures/events/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        FILE *file = fopen(files.gl_pathv[i], "re");
        size_t size;
        assert_non_null(file);
        size = fread(text, 1, sizeof(text), file);
        fclose(file);
        compare(text, size, &doc, &whole);
        compare_damaged(text, size, &seed, &doc, &damaged);
    }
    assert_int_equal(whole.taken, files.gl_pathc);
    assert_true(damaged.taken > 1000 && damaged.refused > 1000);
    globfree(&files);
    json_release(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_the_grammar),
        cmocka_unit_test(damaged_texts),
        cmocka_unit_test(the_fixtures_whole_and_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
