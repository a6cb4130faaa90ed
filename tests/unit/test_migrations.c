/* Which migrations a database lacks, and when it is refused. */
#include "console/migrations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* sha256sum says so. */
#define SUM_OF_ABC                                                             \
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SUM_OF_NOTHING                                                         \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct migration table[] = {
    {"0001_first.sql", "abc", 3},
    {"0002_second.sql", "", 0},
    {"0003_third.sql", "abc", 3},
};

static void a_checksum_is_the_files_sha256(void **state)
{
    char sum[MIGRATION_CHECKSUM_BYTES];

    (void)state;
    migration_checksum(&table[0], sum);
    assert_string_equal(sum, SUM_OF_ABC);
    migration_checksum(&table[1], sum);
    assert_string_equal(sum, SUM_OF_NOTHING);
}

static void what_was_applied_are_the_first_ones(void **state)
{
    const struct migration_record records[] = {
        {"0001_first.sql", SUM_OF_ABC},
        {"0002_second.sql", SUM_OF_NOTHING},
        {"0003_third.sql", SUM_OF_ABC},
    };

    (void)state;
    for (size_t known = 0; known <= 3; known++) {
        size_t applied = 99;
        struct error err;
        assert_int_equal(
            migrations_check(table, 3, records, known, &applied, &err), 0);
        assert_int_equal(applied, known);
    }
}

static const struct {
    struct migration_record records[4];
    size_t count;
    const char *said;
} refused[] = {
    {{{"0001_first.sql", SUM_OF_NOTHING}},
     1,
     "0001_first.sql was changed after it was applied: " SUM_OF_NOTHING
     " in the database, " SUM_OF_ABC " in this program"},
    {{{"0001_first.sql", SUM_OF_ABC}, {"0003_third.sql", SUM_OF_ABC}},
     2,
     "0002_second.sql was left out: the database has 0003_third.sql, which "
     "comes after it"},
    {{{"0001_first.sql", SUM_OF_ABC}, {"0001_more.sql", SUM_OF_ABC}},
     2,
     "the database has 0001_more.sql, which this program does not know"},
    {{{"0001_first.sql", SUM_OF_ABC},
      {"0002_second.sql", SUM_OF_NOTHING},
      {"0003_third.sql", SUM_OF_ABC},
      {"0004_fourth.sql", SUM_OF_ABC}},
     4,
     "the database has 0004_fourth.sql, which this program does not know: it "
     "is newer than the program"},
};

static void another_history_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        size_t applied = 99;
        struct error err;
        assert_int_equal(migrations_check(table, 3, refused[i].records,
                                          refused[i].count, &applied, &err),
                         -1);
        assert_int_equal(err.kind, ERROR_ACCESS);
        assert_string_equal(err.text, refused[i].said);
        assert_int_equal(applied, 99);
    }
}

static void the_programs_own_are_sorted_and_not_empty(void **state)
{
    (void)state;
    assert_true(migrations_count > 0);
    for (size_t i = 0; i < migrations_count; i++) {
        assert_true(migrations[i].size > 0);
        assert_int_equal(strlen(migrations[i].sql), migrations[i].size);
        if (i > 0)
            assert_true(strcmp(migrations[i - 1].name, migrations[i].name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checksum_is_the_files_sha256),
        cmocka_unit_test(what_was_applied_are_the_first_ones),
        cmocka_unit_test(another_history_is_refused),
        cmocka_unit_test(the_programs_own_are_sorted_and_not_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
