/* What the database's codes mean for a batch (the design, section 7). */
#include "consumer/postgres.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define AWAY ERROR_AWAY
#define ACCESS ERROR_ACCESS
#define AGAIN ERROR_AGAIN
#define INPUT ERROR_INPUT

static const struct {
    const char *sqlstate;
    enum error_kind kind;
    const char *about;
} codes[] = {
    /* "database away, deadlock, serialization, out of connections, disk
     * full…": the batch is held */
    {NULL, AWAY, "no answer at all"},
    {"", AWAY, "an answer without a code"},
    {"08000", AWAY, "connection exception"},
    {"08001", AWAY, "cannot connect"},
    {"08006", AWAY, "connection failure"},
    {"08P01", AWAY, "protocol violation"},
    {"25P02", AWAY, "in a failed transaction"},
    {"25P03", AWAY, "idle in a transaction for too long"},
    {"26000", AWAY, "the prepared statement is gone"},
    {"40000", AWAY, "transaction rollback"},
    {"40001", AWAY, "serialization failure"},
    {"40003", AWAY, "statement completion unknown"},
    {"40P01", AWAY, "deadlock"},
    {"53000", AWAY, "insufficient resources"},
    {"53100", AWAY, "disk full"},
    {"53200", AWAY, "out of memory"},
    {"53300", AWAY, "too many connections"},
    {"53400", AWAY, "configuration limit exceeded"},
    {"55006", AWAY, "object in use"},
    {"57014", AWAY, "query cancelled"},
    {"57P01", AWAY, "shutdown by the administrator"},
    {"57P02", AWAY, "crash shutdown"},
    {"57P03", AWAY, "cannot connect now"},
    {"57P04", AWAY, "the database was dropped"},
    {"58000", AWAY, "system error"},
    {"58030", AWAY, "input or output error"},
    /* "wrong schema, rights, password": the same, loudly */
    {"0A000", ACCESS, "feature not supported"},
    {"25006", ACCESS, "read-only server"},
    {"28000", ACCESS, "invalid authorization"},
    {"28P01", ACCESS, "wrong password"},
    {"3D000", ACCESS, "no such database"},
    {"3F000", ACCESS, "no such schema"},
    {"42501", ACCESS, "insufficient privilege"},
    {"42601", ACCESS, "syntax error"},
    {"42703", ACCESS, "no such column"},
    {"42P01", ACCESS, "no such table"},
    {"42P10", ACCESS, "no such constraint for ON CONFLICT"},
    {"42804", ACCESS, "a column of another type"},
    {"F0000", ACCESS, "configuration file"},
    {"XX000", ACCESS, "internal error"},
    {"XX001", ACCESS, "data corrupted"},
    {"XX002", ACCESS, "index corrupted"},
    /* "a row of this entity is locked by somebody else, or fails in a way that
     * may pass": that entity waits */
    {"55P03", AGAIN, "a row is locked"},
    {"23000", AGAIN, "some integrity constraint"},
    {"23001", AGAIN, "restrict"},
    {"23503", AGAIN, "foreign key"},
    {"23505", AGAIN, "unique"},
    {"23P01", AGAIN, "exclusion"},
    {"P0000", AGAIN, "PL/pgSQL"},
    {"P0001", AGAIN, "a trigger's RAISE"},
    {"P0004", AGAIN, "a trigger's ASSERT"},
    {"09000", AGAIN, "triggered action exception"},
    {"27000", AGAIN, "triggered data change violation"},
    {"38000", AGAIN, "external routine"},
    {"39P01", AGAIN, "trigger protocol violated"},
    {"44000", AGAIN, "check option of a view"},
    {"HV000", AGAIN, "foreign data wrapper"},
    {"ZZ123", AGAIN, "a code of the application's own"},
    /* "can never be applied": dead letter at once */
    {"21000", INPUT, "cardinality violation"},
    {"22000", INPUT, "data exception"},
    {"22001", INPUT, "string too long"},
    {"22003", INPUT, "number out of range"},
    {"22008", INPUT, "time out of range"},
    {"22021", INPUT, "character not in the encoding"},
    {"22P02", INPUT, "invalid text representation"},
    {"22P05", INPUT, "untranslatable character"},
    {"22030", INPUT, "duplicate JSON member"},
    {"23502", INPUT, "not null"},
    {"23514", INPUT, "check"},
    {"54000", INPUT, "program limit"},
    {"54001", INPUT, "too complex"},
};

static void a_code_means_what_the_design_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        enum error_kind kind = postgres_kind(codes[i].sqlstate, NULL);
        if (kind != codes[i].kind)
            fail_msg("%s (%s) is %s, not %s", codes[i].sqlstate, codes[i].about,
                     error_kind_name(kind), error_kind_name(codes[i].kind));
    }
}

/* Two workers insert one event's row at the same instant: no fault of it. */
static void the_ledgers_own_key_is_tried_again_at_once(void **state)
{
    (void)state;
    assert_int_equal(postgres_kind("23505", "webhook_events_pkey"), AWAY);
    assert_int_equal(postgres_kind("23505", "webhook_events_pkey2"), AGAIN);
    assert_int_equal(postgres_kind("23505", "organizations_subdomain_key"),
                     AGAIN);
    assert_int_equal(postgres_kind("23503", "webhook_events_pkey"), AGAIN);
    assert_int_equal(postgres_kind("23514", "webhook_events_pkey"), INPUT);
}

/* A kind for whatever five characters may come; never none, never our bug. */
static void every_code_has_a_consequence(void **state)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    (void)state;
    for (int a = 0; a < 36; a++) {
        for (int b = 0; b < 36; b++) {
            for (int c = 0; c < 36; c++) {
                const char code[] = {letters[a], letters[b], '0',
                                     '0',        letters[c], '\0'};
                enum error_kind kind = postgres_kind(code, NULL);
                assert_true(kind == AWAY || kind == ACCESS || kind == AGAIN ||
                            kind == INPUT);
            }
        }
    }
}

/* What makes the difference is the code, not what somebody's trigger says. */
static void a_locked_row_is_told_by_its_code(void **state)
{
    const struct {
        const char *text;
        bool is_locked;
    } cases[] = {
        {"PostgreSQL: SQLSTATE 55P03: canceling statement", true},
        {"PostgreSQL: SQLSTATE P0001: SQLSTATE 55P03", false},
        {"PostgreSQL: SQLSTATE 55P04: in use", false},
        {"PostgreSQL: no answer in time", false},
        {"", false},
    };
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        error_set(&err, ERROR_AGAIN, "%s", cases[i].text);
        assert_int_equal(postgres_is_locked_out(&err), cases[i].is_locked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_means_what_the_design_says),
        cmocka_unit_test(the_ledgers_own_key_is_tried_again_at_once),
        cmocka_unit_test(every_code_has_a_consequence),
        cmocka_unit_test(a_locked_row_is_told_by_its_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
