/* JSON written member by member is JSON. */
#include "console/json_writer.h"
#include "shared/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void commas_stand_between_and_nowhere_else(void **state)
{
    struct json_document doc = {.count = 0};
    struct json_writer w;
    struct buffer text;
    struct error err;

    (void)state;
    buffer_init(&text, 4096);
    json_writer_init(&w, &text);
    json_write_object(&w, NULL);
    json_write_array(&w, "empty");
    json_write_end(&w);
    json_write_text(&w, "text", "a \"b\"\n\\ é");
    json_write_text(&w, "nothing", NULL);
    json_write_array(&w, "list");
    json_write_number(&w, NULL, INT64_MIN);
    json_write_bool(&w, NULL, true);
    json_write_object(&w, NULL);
    json_write_end(&w);
    json_write_end(&w);
    json_write_real(&w, "real", 1.25, 1);
    json_write_raw(&w, "raw", "{\"x\":[]}");
    json_write_end(&w);
    assert_string_equal(
        text.data, "{\"empty\":[],\"text\":\"a \\\"b\\\"\\u000a\\\\ é\","
                   "\"nothing\":null,\"list\":[-9223372036854775808,true,{}],"
                   "\"real\":1.2,\"raw\":{\"x\":[]}}");
    assert_int_equal(json_parse(&doc, buffer_slice(&text), &err), 0);
    json_release(&doc);
    buffer_release(&text);
}

static void a_value_may_stand_alone(void **state)
{
    struct json_writer w;
    struct buffer text;

    (void)state;
    buffer_init(&text, 4096);
    json_writer_init(&w, &text);
    json_write_slice(&w, NULL, (struct slice){"abc", 2});
    assert_string_equal(text.data, "\"ab\"");
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_and_nowhere_else),
        cmocka_unit_test(a_value_may_stand_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
