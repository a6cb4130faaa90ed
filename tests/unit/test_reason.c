/* What the database quotes is kept from whoever did not ask for payloads. */
#include "console/reason.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_shown(const char *text, bool is_whole, const char *expected)
{
    struct buffer out;

    buffer_init(&out, 4096);
    reason_add_shown(&out, slice_of(text), is_whole);
    assert_string_equal(out.data, expected);
    buffer_release(&out);
}

static void of_the_database_the_code_and_the_constraint_are_shown(void **state)
{
    (void)state;
    assert_shown("PostgreSQL: SQLSTATE 23514: new row for relation \"users\" "
                 "violates check constraint \"no_ada\"",
                 false,
                 "PostgreSQL: SQLSTATE 23514 (check violation), "
                 "constraint no_ada");
    assert_shown("PostgreSQL: SQLSTATE P0001: ada@example.com is banned", false,
                 "PostgreSQL: SQLSTATE P0001 (raise exception)");
    assert_shown("PostgreSQL: SQLSTATE XX000: ada@example.com", false,
                 "PostgreSQL: SQLSTATE XX000");
    assert_shown("PostgreSQL: SQLSTATE 23514: constraint \"cut off", false,
                 "PostgreSQL: SQLSTATE 23514 (check violation)");
    assert_shown("PostgreSQL: SQLSTATE 42", false, "PostgreSQL");
    assert_shown("PostgreSQL: ada@example.com", false, "PostgreSQL");
}

static void our_own_reasons_are_shown_whole(void **state)
{
    (void)state;
    assert_shown("malformed event: data.id is no text", false,
                 "malformed event: data.id is no text");
}

static void whoever_asks_for_payloads_sees_all(void **state)
{
    (void)state;
    assert_shown("PostgreSQL: SQLSTATE P0001: ada@example.com is banned", true,
                 "PostgreSQL: SQLSTATE P0001: ada@example.com is banned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_database_the_code_and_the_constraint_are_shown),
        cmocka_unit_test(our_own_reasons_are_shown_whole),
        cmocka_unit_test(whoever_asks_for_payloads_sees_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
