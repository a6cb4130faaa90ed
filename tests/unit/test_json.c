/* Our JSON parser: its ceilings, and values by name. */
#include "shared/json.h"

#include "shared/buffer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void nested(struct buffer *out, const char *open, const char *close,
                   int depth)
{
    buffer_clear(out);
    for (int i = 0; i < depth; i++)
        buffer_add_text(out, open);
    for (int i = 0; i < depth; i++)
        buffer_add_text(out, close);
}

static void depth_has_a_ceiling(void **state)
{
    static const struct {
        const char *open, *close;
    } kinds[] = {{"[", "]"}, {"[{\"a\":", "0}]"}};
    struct json_document doc = {.nodes = NULL};
    struct buffer text;
    struct error err;

    (void)state;
    buffer_init(&text, 4000000);
    nested(&text, "[", "]", JSON_DEPTH_MAX);
    assert_int_equal(json_parse(&doc, buffer_slice(&text), &err), 0);
    nested(&text, "[", "]", JSON_DEPTH_MAX + 1);
    assert_int_equal(json_parse(&doc, buffer_slice(&text), &err), -1);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        nested(&text, kinds[i].open, kinds[i].close, 300000);
        assert_int_equal(json_parse(&doc, buffer_slice(&text), &err), -1);
        assert_non_null(strstr(err.text, "deep"));
    }
    buffer_release(&text);
    json_release(&doc);
}

static void what_postgres_cannot_store_is_known(void **state)
{
    static const struct {
        const char *text;
        bool is_storable;
    } rows[] = {
        {"\"\\u0041\\ud83d\\ude00\"", true},
        {"\"\\u0000\"", false},
        {"[1,[\"\\ud800\"]]", false},
        {"{\"\\udc00\":1}", false},
        {"\"\\\\u0000\"", true},
    };
    struct json_document doc = {.nodes = NULL};
    struct error err;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(json_parse(&doc, slice_of(rows[i].text), &err), 0);
        assert_int_equal(json_is_storable(&doc, &doc.nodes[0]),
                         rows[i].is_storable);
    }
    json_release(&doc);
}

static void members_of_a_type(void **state)
{
    static const char text[] = "{\"a\":{\"b\":\"c\"},\"n\":null}";
    struct json_document doc = {.nodes = NULL};
    const struct json_node *root, *a;
    struct error err;

    (void)state;
    assert_int_equal(json_parse(&doc, slice_of(text), &err), 0);
    root = &doc.nodes[0];
    a = json_get_typed(&doc, root, "a", JSON_OBJECT);
    assert_non_null(a);
    assert_null(json_get_typed(&doc, root, "a", JSON_STRING));
    assert_non_null(json_get_typed(&doc, a, "b", JSON_STRING));
    assert_null(json_get(&doc, a, "n"));
    assert_null(json_get(&doc, NULL, "a"));
    assert_null(json_get(&doc, json_get(&doc, root, "n"), "a"));
    assert_true(slice_is(json_raw(&doc, a), "{\"b\":\"c\"}"));
    json_release(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_has_a_ceiling),
        cmocka_unit_test(what_postgres_cannot_store_is_known),
        cmocka_unit_test(members_of_a_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
