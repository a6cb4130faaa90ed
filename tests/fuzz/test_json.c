/* JSON texts: what jansson takes, we take, and it says the same; so do strings
 * that we write.  Numbers are also read as times. */
#include "tests/unit/json_as_jansson.h"

#include "shared/buffer.h"
#include "shared/instant.h"
#include "tests/fuzz/fuzz.h"

#define SECONDS_BELOW 1e11
#define EXACT_BELOW 9007199254740992.0 /* 2^53: a double says it exactly */
#define DIGITS_MAX 15                  /* of decimals: the same */

/* What we write of a text says that text again. */
static void check_written(struct slice text)
{
    struct json_document doc = {.count = 0};
    struct arena arena = {NULL};
    struct buffer out;
    struct slice again;
    struct error err;

    buffer_init(&out, 8 * text.size + 16);
    buffer_add_char(&out, '"');
    buffer_add_json(&out, text);
    buffer_add_char(&out, '"');
    FUZZ_CHECK(json_parse(&doc, buffer_slice(&out), &err) == 0, "%s: %.*s",
               err.text, SLICE_PRINT(buffer_slice(&out)));
    FUZZ_CHECK(json_text(&doc, &doc.nodes[0], &arena, &again) &&
                   slice_equal(again, text),
               "%.*s", SLICE_PRINT(buffer_slice(&out)));
    buffer_release(&out);
    arena_release(&arena);
    json_release(&doc);
}

/* A second opinion, where a double has one: false where it has none. */
static bool expected_instant(struct slice raw, struct instant *ret_instant)
{
    char *text = memory_copy(raw.data, raw.size);
    double value = strtod(text, NULL);
    size_t digits = strspn(text, "-0123456789.");
    bool is_known = value < EXACT_BELOW / 1000 && value > -EXACT_BELOW / 1000 &&
                    digits <= DIGITS_MAX && text[digits] == '\0';

    free(text);
    *ret_instant = (struct instant){INSTANT_ABSENT, 0};
    if (!is_known || (double)(int64_t)value != value)
        return is_known;
    if (value < SECONDS_BELOW)
        value *= 1000;
    *ret_instant = value < (double)INSTANT_MIN || value > (double)INSTANT_MAX
                       ? (struct instant){INSTANT_OUT_OF_RANGE, 0}
                       : (struct instant){INSTANT_PRESENT, (int64_t)value};
    return true;
}

static void check_instant(const struct json_document *doc,
                          const struct json_node *node)
{
    struct instant found = instant_of(doc, node), expected;
    char text[INSTANT_TEXT_BYTES];

    if (node->type != JSON_NUMBER)
        FUZZ_CHECK(found.state == INSTANT_ABSENT, "%d", found.state);
    if (found.state == INSTANT_PRESENT)
        FUZZ_CHECK(found.ms >= INSTANT_MIN && found.ms <= INSTANT_MAX, "%lld",
                   (long long)found.ms);
    else
        FUZZ_CHECK(found.ms == 0, "%lld", (long long)found.ms);
    instant_format(found.ms, text);
    if (node->type != JSON_NUMBER ||
        !expected_instant(json_raw(doc, node), &expected))
        return;
    FUZZ_CHECK(found.state == expected.state && found.ms == expected.ms,
               "%.*s: %d %lld, expected %d %lld",
               SLICE_PRINT(json_raw(doc, node)), found.state,
               (long long)found.ms, expected.state, (long long)expected.ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct slice text = fuzz_rest(&input);
    struct json_document doc = {.count = 0};
    enum agreement agreement = json_agreement(text, &doc);

    FUZZ_CHECK(agreement != AGREE_NOT, "%.*s", SLICE_PRINT(text));
    for (uint32_t i = 0; agreement == AGREE_TAKEN && i < doc.count; i++) {
        struct arena arena = {NULL};
        struct slice said;
        check_instant(&doc, &doc.nodes[i]);
        if (doc.nodes[i].type == JSON_STRING &&
            json_text(&doc, &doc.nodes[i], &arena, &said))
            check_written(said);
        arena_release(&arena);
    }
    json_release(&doc);
    fuzz_free(text);
    return 0;
}
