#include "console/audit/repair.h"

#include "console/audit/own_id.h"
#include "console/reapply.h"
#include "consumer/bind.h"
#include "consumer/events/events.h"
#include "shared/memory.h"

#include <stdlib.h>
#include <string.h>

static const char begin_statements[] = "begin; set local lock_timeout to '2s'";

/* A consumer that is about to make the row has made the register before. */
static const char make_register[] =
    "insert into entity_versions (kind, id) values ($1, $2)\n"
    "on conflict do nothing";

static const char lock_register[] =
    "select class is not null, is_deleted\n"
    "from entity_versions where kind = $1 and id = $2\n"
    "for no key update";

/* $2: the id that the row must have; where it has it, it stays. */
static const struct {
    const char *table;
    const char *statement;
} removals[] = {
    {"users", "delete from users\n"
              "where clerk_user_id = $1 and id is distinct from $2::uuid"},
    {"workspaces", "delete from workspaces w using users u\n"
                   "where u.id = w.user_id and u.clerk_user_id = $1\n"
                   "  and w.id is distinct from $2::uuid"},
    {"organizations",
     "delete from organizations\n"
     "where clerk_organization_id = $1 and id is distinct from $2::uuid"},
    {"organization_memberships",
     "delete from organization_memberships\n"
     "where clerk_membership_id = $1 and id is distinct from $2::uuid"},
};

/* Rows of other tables that this transaction, or an earlier one of the session,
 * has deleted; null where nobody counts. */
static const char count_others[] =
    "select case when current_setting('track_counts')::boolean\n"
    "            then coalesce(sum(n_tup_del), 0) end\n"
    "from pg_stat_xact_user_tables\n"
    "where relid not in ('users'::regclass, 'workspaces'::regclass,\n"
    "    'organizations'::regclass, 'organization_memberships'::regclass)";

static const char lock_as_found[] =
    "select 1 from entity_versions\n"
    "where kind = $1 and id = $2 and xmin::text = $3 and ctid::text = $4\n"
    "for no key update";

/* One statement whose answer is not looked at. */
static int tell(struct audit *audit, const char *statement,
                const char *const *values, size_t count, struct error *err)
{
    struct postgres_rows *rows;

    if (audit_query(audit, statement, values, count, &rows, err) != 0)
        return -1;
    postgres_rows_free(rows);
    return 0;
}

/* The one value that a statement answers; -1 for NULL or no row. */
static int ask_number(struct audit *audit, const char *statement,
                      const char *const *values, size_t count,
                      int64_t *ret_number, struct error *err)
{
    struct postgres_rows *rows;

    if (audit_query(audit, statement, values, count, &rows, err) != 0)
        return -1;
    *ret_number = postgres_rows_count(rows) == 0 ||
                          postgres_rows_value(rows, 0, 0) == NULL
                      ? -1
                      : postgres_rows_number(rows, 0, 0);
    postgres_rows_free(rows);
    return 0;
}

static const char *removal_of(const struct audit_stranger *row)
{
    for (size_t i = 0; i < sizeof(removals) / sizeof(removals[0]); i++)
        if (strcmp(removals[i].table, row->table) == 0)
            return removals[i].statement;
    abort(); /* every table has one */
}

/* Whether the register, which is locked from here on, lets the row go. */
static int ask_register(struct audit *audit, const struct audit_stranger *row,
                        bool *ret_is_to_go, struct error *err)
{
    const char *key[] = {entity_kind_names[row->kind], row->id.data};
    struct postgres_rows *rows;
    bool has_data, is_deleted;

    if (tell(audit, make_register, key, 2, err) != 0 ||
        audit_query(audit, lock_register, key, 2, &rows, err) != 0)
        return -1;
    has_data = postgres_rows_value(rows, 0, 0)[0] == 't';
    is_deleted = postgres_rows_value(rows, 0, 1)[0] == 't';
    postgres_rows_free(rows);
    *ret_is_to_go = row->unless == UNLESS_OWN_ID ||
                    (!has_data && (row->unless == UNLESS_DATA || !is_deleted));
    return 0;
}

/* In a transaction; `ret_is_gone`: and nothing of anybody else's with it. */
static int delete_row(struct audit *audit, const struct audit_stranger *row,
                      bool *ret_is_gone, struct error *err)
{
    bool is_workspace = strcmp(row->table, "workspaces") == 0, is_to_go;
    char own_id[OWN_ID_BYTES];
    const char *values[] = {row->id.data, NULL}; /* copies end with a NUL */
    int64_t before, after;

    *ret_is_gone = false;
    own_id_of(row->id, is_workspace, own_id);
    if (row->unless == UNLESS_OWN_ID)
        values[1] = own_id;
    if (ask_register(audit, row, &is_to_go, err) != 0 ||
        ask_number(audit, count_others, NULL, 0, &before, err) != 0)
        return -1;
    if (!is_to_go || before < 0)
        return 0;
    if (tell(audit, removal_of(row), values, 2, err) != 0 ||
        ask_number(audit, count_others, NULL, 0, &after, err) != 0)
        return -1;
    *ret_is_gone = after == before;
    return 0;
}

/* End the transaction.  What is locked or referred to stays as it is: that is
 * no failure of the whole. */
static int end(struct audit *audit, int result, bool is_to_be_kept,
               struct repair *repair, struct error *err)
{
    bool is_passing = err->kind == ERROR_AGAIN || err->kind == ERROR_ACCESS;

    if (result != 0 && !is_passing)
        return -1;
    if (result != 0 && repair->why.kind == ERROR_NONE)
        repair->why = *err;
    return audit_execute(
        audit, result == 0 && is_to_be_kept ? "commit" : "rollback", err);
}

static int remove_stranger(struct audit *audit,
                           const struct audit_stranger *row,
                           struct repair *repair, struct error *err)
{
    bool is_gone = false;
    int result;

    if (audit_execute(audit, begin_statements, err) != 0)
        return -1;
    result = delete_row(audit, row, &is_gone, err);
    if (end(audit, result, is_gone, repair, err) != 0)
        return -1;
    if (result == 0 && is_gone)
        repair->removed++;
    else
        repair->kept++;
    return 0;
}

/* By the consumer's own statement. */
static int write_register(struct audit *audit, const struct known *known,
                          struct error *err)
{
    struct arena arena = {.chunks = NULL};
    struct bind_arrays arrays = {.count = 0};
    struct entity_register reg = *known->reg, *changed = &reg;
    const struct rows rows = {.changed = &changed, .changed_count = 1};
    const struct bind_input input = {.rows = &rows, .arena = &arena};
    struct postgres_rows *answer;
    int result;

    if (reg.kind == ENTITY_MEMBERSHIP && known->row != NULL)
        reg.content = membership_write_content(known->row, &arena);
    bind_statement(&arrays, STATEMENT_REGISTERS, &input);
    result = audit_query_arrays(audit, statements[STATEMENT_REGISTERS].sql,
                                &arrays, &answer, err);
    bind_release(&arrays);
    arena_release(&arena);
    if (result == 0)
        postgres_rows_free(answer);
    return result;
}

static int restore_register(struct audit *audit,
                            const struct audit_spoiled *spoiled,
                            struct repair *repair, struct error *err)
{
    const struct entity_register *reg = spoiled->known->reg;
    CLEANUP_FREE char *id = memory_copy(reg->id.data, reg->id.size);
    const char *values[] = {entity_kind_names[reg->kind], id, spoiled->xmin,
                            spoiled->ctid};
    int64_t is_as_found = 0;
    int result;

    if (audit_execute(audit, begin_statements, err) != 0)
        return -1;
    result = ask_number(audit, lock_as_found, values, 4, &is_as_found, err);
    if (result == 0 && is_as_found == 1)
        result = write_register(audit, spoiled->known, err);
    if (end(audit, result, is_as_found == 1, repair, err) != 0)
        return -1;
    if (result == 0 && is_as_found == 1)
        repair->restored++;
    return 0;
}

static int count_events(void *context, struct event *const *events,
                        size_t count, struct error *err)
{
    struct repair *repair = context;

    (void)err;
    for (size_t i = 0; i < count; i++) {
        if (events[i]->is_done) {
            repair->reapplied++;
            continue;
        }
        repair->refused++;
        if (repair->why.kind == ERROR_NONE)
            repair->why = events[i]->refusal;
    }
    return 0;
}

static int take(struct audit *audit, const struct kafka_record *record,
                struct event *event, void *context, struct error *err)
{
    struct reapply *reapply = context;

    if (!expected_mends(&audit->pass.expected, event))
        return 0;
    return reapply_add(reapply, record, err);
}

static int apply_again(struct audit *audit, struct repair *repair,
                       struct error *err)
{
    const struct reapply_hooks hooks = {.after = count_events,
                                        .context = repair};
    struct reapply *reapply;
    int result;

    if (audit_ask_spans(audit, err) != 0 ||
        reapply_open(audit->config, audit->flags->timeout_s * 1000, &hooks,
                     &reapply, err) != 0)
        return -1;
    result = audit_read(audit, "repairing", take, reapply, err);
    if (result == 0)
        result = reapply_flush(reapply, err);
    reapply_close(reapply);
    return result;
}

int repair_run(struct audit *audit, struct repair *repair, struct error *err)
{
    const struct audit_pass *pass = &audit->pass;

    for (size_t i = 0; i < pass->strangers_count; i++)
        if (remove_stranger(audit, &pass->strangers[i], repair, err) != 0)
            return -1;
    for (size_t i = 0; i < pass->spoiled_count; i++)
        if (restore_register(audit, &pass->spoiled[i], repair, err) != 0)
            return -1;
    return apply_again(audit, repair, err);
}
