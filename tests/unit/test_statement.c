/* The SQL of a batch and what it is given agree. */
#include "consumer/bind.h"
#include "consumer/merge.h"
#include "tests/unit/decoded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const casts[] = {
    [PG_TEXT] = "text",   [PG_UUID] = "uuid",        [PG_INT8] = "bigint",
    [PG_INT4] = "int",    [PG_BOOL] = "bool",        [PG_JSON] = "json",
    [PG_JSONB] = "jsonb", [PG_TIME] = "timestamptz",
};

static void each_parameter_is_cast_to_the_type_it_is_sent_as(void **state)
{
    (void)state;
    for (int id = 0; id < STATEMENTS; id++) {
        const struct statement *statement = &statements[id];
        unsigned found = 0;
        for (const char *at = strchr(statement->sql, '$'); at != NULL;
             at = strchr(at + 1, '$')) {
            char *end;
            long number = strtol(at + 1, &end, 10);
            char wanted[32];
            if (number < 1 || number > statement->count)
                fail_msg("%s has no parameter %ld", statement->name, number);
            snprintf(wanted, sizeof(wanted), "::%s[]",
                     casts[statement->types[number - 1]]);
            if (strncmp(end, wanted, strlen(wanted)) != 0)
                fail_msg("%s: $%ld is %.12s, not %s", statement->name, number,
                         end, wanted);
            found |= 1u << number;
        }
        assert_int_equal(__builtin_popcount(found), statement->count);
        assert_in_range(statement->count, 0, STATEMENT_ARRAYS_MAX);
    }
}

static void each_statement_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int id = 0; id < STATEMENTS; id++) {
        assert_non_null(statements[id].name);
        assert_non_null(statements[id].sql);
        assert_null(strchr(statements[id].sql, ';'));
        assert_null(strchr(statements[id].sql, '%'));
        for (int other = 0; other < id; other++)
            assert_string_not_equal(statements[id].name,
                                    statements[other].name);
    }
}

static struct arena arena;

static const char *const batch[] = {
    USER("created", ",'created_at':5,'public_metadata':{}") "}",
    "{'type':'user.deleted','data':{'id':'user_b'},'timestamp':9}",
    "{'type':'user.deleted','data':{'id':'user_c'}}",
    "{'type':'user.updated','data':{'id':'user_c','first_name':'C'}}",
    "{'type':'user.updated','data':{'id':'user_d','first_name':'\\u0000'}}",
    ORGANIZATION("created", ",'slug':'ab'"),
    "{'type':'organization.created','data':{'id':'org_p','slug':'ab'}}",
    "{'type':'organization.deleted','data':{'id':'org_q'}}",
    MEMBER("created", "m_1", ",'created_at':5,'permissions':['x']", "", ""),
    MEMBER("created", "m_2", ",'created_at':6,'role':'org:admin'", "", ""),
    MEMBER("deleted", "m_3", ",'created_at':1", "", ""),
    "{'type':'session.created','data':{}}",
    "[]",
};
#define EVENTS (sizeof(batch) / sizeof(batch[0]))

/* How many rows each statement has for that batch; -1: arrays of unlike
 * lengths, two of which are given. */
static const struct {
    int rows, first, second;
} expected[STATEMENTS] = {
    [STATEMENT_BEGIN] = {0, 0, 0},
    [STATEMENT_BY_INDEX] = {0, 0, 0},
    [STATEMENT_REGISTERS_MAKE] = {11, 0, 0},
    [STATEMENT_REGISTERS_LOCK] = {11, 0, 0},
    [STATEMENT_LEDGER_LOCK] = {13, 0, 0},
    [STATEMENT_BASES_MAKE] = {1, 0, 0},
    [STATEMENT_BASES_LOCK] = {1, 0, 0},
    [STATEMENT_CLAIMS] = {-1, 1, 3},
    [STATEMENT_LIMIT_WAITS] = {1, 0, 0},
    [STATEMENT_CASCADE_LOCK] = {-1, 1, 2},
    [STATEMENT_MEMBERSHIPS_REMOVE] = {2, 0, 0},
    [STATEMENT_MEMBERSHIPS_OF_USERS] = {2, 0, 0},
    [STATEMENT_ORGANIZATIONS_REMOVE] = {1, 0, 0},
    [STATEMENT_USERS] = {3, 0, 0},
    [STATEMENT_TOMBSTONES] = {0, 0, 0},
    [STATEMENT_SYNCS] = {0, 0, 0},
    [STATEMENT_TROUBLES] = {1, 0, 0},
    [STATEMENT_WORKSPACES] = {2, 0, 0},
    [STATEMENT_SUBDOMAINS_FREE] = {2, 0, 0},
    [STATEMENT_ORGANIZATIONS] = {2, 0, 0},
    [STATEMENT_SUBDOMAINS_GIVE] = {0, 0, 0},
    [STATEMENT_MEMBERSHIPS] = {1, 0, 0},
    [STATEMENT_REGISTERS] = {11, 0, 0},
    [STATEMENT_LEDGER_INSERT] = {12, 0, 0},
    [STATEMENT_LEDGER_UPDATE] = {1, 0, 0},
    [STATEMENT_NOTIFY] = {0, 0, 0},
    [STATEMENT_COMMIT] = {0, 0, 0},
    [STATEMENT_UNMARKED] = {1, 0, 0},
    [STATEMENT_MARK_FAILED] = {1, 0, 0},
    [STATEMENT_TABLE_LOCKS] = {0, 0, 0},
    [STATEMENT_CHECK_DEFERRED] = {0, 0, 0},
};

struct prepared {
    struct registers regs;
    struct rows rows;
    struct ledger ledger;
    struct role_map roles;
    struct bind_input input;
};

/* A batch of `count` events, of which the table knows the second. */
static void prepare(struct prepared *made, size_t count)
{
    struct event *events[EVENTS];
    struct ledger_known known[EVENTS] = {{0}};

    for (size_t i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof(id), "msg_%02zu", i);
        events[i] = event_of(&arena, id, batch[i]);
    }
    known[1] = (struct ledger_known){.exists = true, .is_seen = true};
    *made = (struct prepared){.regs = registers_of(events, count, &arena),
                              .ledger = ledger_of(events, count, &arena)};
    merge(events, count);
    ledger_fill(&made->ledger, known, &arena);
    rows_of(&made->regs, &arena, &made->rows);
    claim_subdomains(&made->rows, NULL, 0, &arena);
    made->input = (struct bind_input){.regs = &made->regs,
                                      .rows = &made->rows,
                                      .ledger = &made->ledger,
                                      .roles = &made->roles,
                                      .arena = &arena,
                                      .lock_timeout_ms = 2000};
}

static void all_arrays_of_a_statement_have_a_place_for_each_row(void **state)
{
    struct bind_arrays arrays = {.count = 0};
    struct prepared made;

    (void)state;
    prepare(&made, EVENTS);
    for (int i = 0; i < STATEMENTS; i++) {
        enum statement_id id = (enum statement_id)i;
        bool is_sent = bind_statement(&arrays, id, &made.input);
        int rows = expected[i].rows;
        assert_int_equal(arrays.count, statements[id].count);
        assert_int_equal(is_sent, rows != 0 || arrays.count == 0);
        for (int a = 0; a < arrays.count; a++) {
            int wanted = rows >= 0 ? rows
                         : a == 0  ? expected[i].first
                                   : expected[i].second;
            if ((int)arrays.arrays[a].count != wanted)
                fail_msg("%s: %u rows in array %d, not %d", statements[id].name,
                         arrays.arrays[a].count, a + 1, wanted);
            assert_int_equal(arrays.arrays[a].type, statements[id].types[a]);
        }
    }
    bind_release(&arrays);
}

static void a_batch_of_nothing_sends_only_the_transaction(void **state)
{
    struct bind_arrays arrays = {.count = 0};
    struct prepared made;

    (void)state;
    prepare(&made, 0);
    for (int id = 0; id < STATEMENTS; id++)
        assert_int_equal(
            bind_statement(&arrays, (enum statement_id)id, &made.input),
            id == STATEMENT_BEGIN || id == STATEMENT_BY_INDEX ||
                id == STATEMENT_LIMIT_WAITS || id == STATEMENT_NOTIFY ||
                id == STATEMENT_COMMIT || id == STATEMENT_UNMARKED ||
                id == STATEMENT_MARK_FAILED || id == STATEMENT_TABLE_LOCKS ||
                id == STATEMENT_CHECK_DEFERRED);
    bind_release(&arrays);
}

static int forget(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_parameter_is_cast_to_the_type_it_is_sent_as),
        cmocka_unit_test(each_statement_has_a_name_of_its_own),
        cmocka_unit_test(all_arrays_of_a_statement_have_a_place_for_each_row),
        cmocka_unit_test(a_batch_of_nothing_sends_only_the_transaction),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
