#include "tests/bench/floor_batch.h"

#include "shared/arena.h"
#include "shared/memory.h"
#include "tests/bench/floor_statements.h"

#include <libpq-fe.h>
#include <stdlib.h>

#define MENTIONS_MAX 4 /* of one event: itself, its parents, their pair */

enum role { ROLE_OWN, ROLE_PAIR, ROLE_PARENT };

struct mention {
    const char *kind; /* as entity_versions has it */
    struct slice id;
    const struct floor_event *event;
    enum role role;
    bool is_first; /* of its entity in this batch */
    bool is_last;
};

struct floor_batch {
    PGconn *connection;
    bool locks_registers;
    struct arena arena;
    struct mention *mentions;
    size_t mentions_count;
    struct pg_array arrays[FLOOR_STATEMENTS][FLOOR_ARRAYS_MAX];
};

struct floor_batch *floor_batch_new(const char *url, bool locks_registers)
{
    struct floor_batch *batch = memory_new(sizeof(*batch));

    batch->connection =
        floor_postgres_open(url, floor_statements, FLOOR_STATEMENTS);
    batch->locks_registers = locks_registers;
    return batch;
}

void floor_batch_free(struct floor_batch *batch)
{
    PQfinish(batch->connection);
    arena_release(&batch->arena);
    for (int i = 0; i < FLOOR_STATEMENTS; i++)
        for (int j = 0; j < FLOOR_ARRAYS_MAX; j++)
            pg_array_release(&batch->arrays[i][j]);
    free(batch);
}

/* FNV-1a, twice: an id of the same width for next to nothing. */
static struct uuid uuid_of(struct slice text, uint64_t salt)
{
    uint64_t halves[2] = {UINT64_C(0xCBF29CE484222325) ^ salt, salt + 1};
    struct uuid uuid;

    for (size_t i = 0; i < text.size; i++) {
        halves[0] =
            (halves[0] ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001B3);
        halves[1] = (halves[1] + (unsigned char)text.data[i]) *
                    UINT64_C(0x9E3779B97F4A7C15);
    }
    memcpy(uuid.bytes, halves, sizeof(uuid.bytes));
    return uuid;
}

static void add_mention(struct floor_batch *batch, const char *kind,
                        struct slice id, const struct floor_event *event,
                        enum role role)
{
    batch->mentions[batch->mentions_count++] =
        (struct mention){.kind = kind, .id = id, .event = event, .role = role};
}

static struct slice pair_of(struct floor_batch *batch,
                            const struct floor_event *event)
{
    size_t size = event->organization_id.size + 1 + event->user_id.size;
    char *text = arena_bytes(&batch->arena, size);

    memcpy(text, event->organization_id.data, event->organization_id.size);
    text[event->organization_id.size] = ':';
    memcpy(text + event->organization_id.size + 1, event->user_id.data,
           event->user_id.size);
    return (struct slice){text, size};
}

/* By entity; of one entity its own events last, and those in their order. */
static int compare(const void *left, const void *right)
{
    const struct mention *a = left, *b = right;
    int order = strcmp(a->kind, b->kind);

    if (order == 0)
        order = slice_compare(a->id, b->id);
    if (order == 0)
        order = (int)(a->role < b->role) - (int)(a->role > b->role);
    if (order == 0)
        order = a->event < b->event ? -1 : a->event > b->event;
    return order;
}

static bool is_same(const struct mention *a, const struct mention *b)
{
    return strcmp(a->kind, b->kind) == 0 && slice_equal(a->id, b->id);
}

static void collect(struct floor_batch *batch, const struct floor_event *events,
                    size_t count)
{
    static const char *const kinds[FLOOR_KINDS] = {"user", "organization",
                                                   "membership"};

    arena_clear(&batch->arena);
    batch->mentions = arena_get(&batch->arena, (count * MENTIONS_MAX + 1) *
                                                   sizeof(*batch->mentions));
    batch->mentions_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct floor_event *event = &events[i];
        add_mention(batch, kinds[event->kind], event->id, event, ROLE_OWN);
        if (event->kind != FLOOR_MEMBERSHIP)
            continue;
        add_mention(batch, "user", event->user_id, event, ROLE_PARENT);
        add_mention(batch, "organization", event->organization_id, event,
                    ROLE_PARENT);
        add_mention(batch, "pair", pair_of(batch, event), event, ROLE_PAIR);
    }
    qsort(batch->mentions, batch->mentions_count, sizeof(*batch->mentions),
          compare);
    for (size_t i = 0; i < batch->mentions_count; i++) {
        struct mention *at = &batch->mentions[i];
        at->is_first = i == 0 || !is_same(&at[-1], at);
        at->is_last = i + 1 == batch->mentions_count || !is_same(at, &at[1]);
    }
}

static void begin_arrays(struct floor_batch *batch)
{
    for (int i = 0; i < FLOOR_STATEMENTS; i++)
        for (int j = 0; j < floor_statements[i].count; j++)
            pg_array_begin(&batch->arrays[i][j], floor_statements[i].types[j]);
}

static void add_time(struct pg_array *array, int64_t ms)
{
    pg_array_time(array, (struct instant){.state = INSTANT_PRESENT, .ms = ms});
}

static void add_uuid(struct pg_array *array, struct slice id, uint64_t salt)
{
    struct uuid uuid = uuid_of(id, salt);

    pg_array_uuid(array, &uuid);
}

/* The texts, the metadata and the times, from column `at` on. */
static void add_columns(struct pg_array *row, int texts,
                        const struct floor_event *event)
{
    for (int i = 0; i < texts; i++)
        pg_array_text(row++, event->text[i]);
    pg_array_text(row++, event->metadata);
    add_time(row++, event->created_at_ms);
    add_time(row, event->updated_at_ms);
}

/* A row for what only others mention, or what is deleted in this very batch,
 * so that a membership finds its parents. */
static void add_stub(struct floor_batch *batch, enum floor_statement_id id,
                     const struct mention *mention)
{
    struct pg_array *row = batch->arrays[id];

    if (mention->role != ROLE_PARENT && mention->is_first)
        return;
    add_uuid(&row[0], mention->id, 0);
    pg_array_text(&row[1], mention->id);
}

static void add_workspace(struct floor_batch *batch,
                          const struct mention *mention)
{
    struct pg_array *row = batch->arrays[FLOOR_WORKSPACES];

    add_uuid(&row[0], mention->id, 7);
    add_uuid(&row[1], mention->id, 0);
    add_time(&row[2], mention->event->created_at_ms);
}

static void add_user(struct floor_batch *batch, const struct mention *mention)
{
    const struct floor_event *event = mention->event;
    struct pg_array *row = batch->arrays[FLOOR_USERS];

    if (mention->role == ROLE_PARENT) {
        add_stub(batch, FLOOR_USER_STUBS, mention);
    } else if (event->is_deleted) {
        add_stub(batch, FLOOR_USER_STUBS, mention);
        add_uuid(&batch->arrays[FLOOR_USERS_DELETE][0], mention->id, 0);
        add_time(&batch->arrays[FLOOR_USERS_DELETE][1], event->updated_at_ms);
        add_uuid(&batch->arrays[FLOOR_USERS_LEAVE][0], mention->id, 0);
        return;
    } else {
        add_uuid(&row[0], mention->id, 0);
        pg_array_text(&row[1], mention->id);
        add_columns(row + 2, 6, event);
    }
    add_workspace(batch, mention);
}

static void add_organization(struct floor_batch *batch,
                             const struct mention *mention)
{
    struct pg_array *row = batch->arrays[FLOOR_ORGANIZATIONS];

    if (mention->role == ROLE_PARENT) {
        add_stub(batch, FLOOR_ORGANIZATION_STUBS, mention);
    } else if (mention->event->is_deleted) {
        add_stub(batch, FLOOR_ORGANIZATION_STUBS, mention);
        add_uuid(&batch->arrays[FLOOR_ORGANIZATIONS_DELETE][0], mention->id, 0);
    } else {
        add_uuid(&row[0], mention->id, 0);
        pg_array_text(&row[1], mention->id);
        pg_array_text(&row[2], mention->id); /* as unique as a subdomain */
        add_columns(row + 3, 4, mention->event);
    }
}

static void add_membership(struct floor_batch *batch,
                           const struct floor_event *event)
{
    struct pg_array *row = batch->arrays[FLOOR_MEMBERSHIPS];

    if (event->is_deleted) {
        add_uuid(batch->arrays[FLOOR_MEMBERSHIPS_DELETE], event->id, 0);
        return;
    }
    add_uuid(&row[0], event->id, 0);
    pg_array_text(&row[1], event->id);
    add_uuid(&row[2], event->organization_id, 0);
    add_uuid(&row[3], event->user_id, 0);
    add_columns(row + 4, 1, event);
}

static void add_register(struct floor_batch *batch,
                         const struct mention *mention)
{
    struct pg_array *made = batch->arrays[FLOOR_REGISTERS_MAKE];
    struct pg_array *locked = batch->arrays[FLOOR_REGISTERS_LOCK];
    struct pg_array *row = batch->arrays[FLOOR_REGISTERS];
    const struct floor_event *event = mention->event;

    pg_array_text(&made[0], slice_of(mention->kind));
    pg_array_text(&made[1], mention->id);
    pg_array_text(&locked[0], slice_of(mention->kind));
    pg_array_text(&locked[1], mention->id);
    if (mention->role == ROLE_PARENT)
        return; /* its own events say more */
    pg_array_text(&row[0], slice_of(mention->kind));
    pg_array_text(&row[1], mention->id);
    pg_array_int(&row[2], event->updated_at_ms);
    pg_array_text(&row[3], event->svix_id);
    pg_array_bool(&row[4], event->is_deleted);
    pg_array_int(&row[5], event->created_at_ms);
}

static void add_entities(struct floor_batch *batch)
{
    for (size_t i = 0; i < batch->mentions_count; i++) {
        const struct mention *mention = &batch->mentions[i];
        if (!mention->is_last)
            continue;
        add_register(batch, mention);
        if (strcmp(mention->kind, "user") == 0)
            add_user(batch, mention);
        else if (strcmp(mention->kind, "organization") == 0)
            add_organization(batch, mention);
        else if (mention->role == ROLE_OWN)
            add_membership(batch, mention->event);
    }
}

static void add_ledger(struct floor_batch *batch,
                       const struct floor_event *events, size_t count)
{
    struct pg_array *row = batch->arrays[FLOOR_LEDGER];

    for (size_t i = 0; i < count; i++) {
        pg_array_text(&row[0], events[i].svix_id);
        pg_array_text(&row[1], events[i].type);
        pg_array_text(&row[2], events[i].key);
        pg_array_text(&row[3], events[i].value);
        pg_array_int(&row[4], events[i].partition);
        pg_array_int(&row[5], events[i].offset);
        add_time(&row[6], events[i].created_ms);
    }
}

static void queue(struct floor_batch *batch, enum floor_statement_id id)
{
    struct pg_array *arrays = batch->arrays[id];

    if (floor_statements[id].count == 0 || arrays[0].count > 0)
        floor_postgres_queue(batch->connection, &floor_statements[id], arrays);
}

static bool transact(struct floor_batch *batch)
{
    queue(batch, FLOOR_BEGIN);
    if (batch->locks_registers) {
        queue(batch, FLOOR_REGISTERS_MAKE);
        queue(batch, FLOOR_REGISTERS_LOCK);
        if (!floor_postgres_run(batch->connection))
            return false;
    }
    for (int id = FLOOR_USERS; id <= FLOOR_COMMIT; id++)
        queue(batch, (enum floor_statement_id)id);
    return floor_postgres_run(batch->connection);
}

unsigned floor_batch_apply(struct floor_batch *batch,
                           const struct floor_event *events, size_t count)
{
    unsigned again = 0;

    collect(batch, events, count);
    begin_arrays(batch);
    add_entities(batch);
    add_ledger(batch, events, count);
    while (!transact(batch)) {
        again++;
        queue(batch, FLOOR_ROLLBACK);
        floor_postgres_run(batch->connection);
    }
    return again;
}
