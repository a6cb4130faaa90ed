#include "consumer/apply.h"

#include "consumer/merge.h"
#include "shared/clock.h"

#include <stdlib.h>

/* One transaction.  Registers and bases are other workers' locks and waited for
 * as long as it takes; all other rows may be locked by anybody. */
struct transaction {
    struct apply *apply;
    struct event *const *events;
    size_t count;
    struct registers regs;
    struct ledger ledger;
    struct ledger_known *known;
    struct rows rows;
    struct claim *claims;
    size_t claims_count;
    int64_t mark_us; /* when the phase at hand began */
};

void apply_release(struct apply *apply)
{
    bind_release(&apply->arrays);
}

static struct bind_input input_of(const struct transaction *tx)
{
    return (struct bind_input){.regs = &tx->regs,
                               .rows = &tx->rows,
                               .ledger = &tx->ledger,
                               .roles = tx->apply->roles,
                               .arena = tx->apply->arena,
                               .lock_timeout_ms = tx->apply->lock_timeout_ms};
}

static void queue(struct transaction *tx, enum statement_id id,
                  postgres_reader *reader)
{
    struct bind_input input = input_of(tx);

    if (bind_statement(&tx->apply->arrays, id, &input))
        postgres_queue(tx->apply->db, id, &tx->apply->arrays, reader, tx);
}

/* From here on wait for locks at most so long; 0: as long as it takes. */
static void limit_waits(struct transaction *tx, int64_t timeout_ms)
{
    struct bind_input input = input_of(tx);

    input.lock_timeout_ms = timeout_ms;
    bind_statement(&tx->apply->arrays, STATEMENT_LIMIT_WAITS, &input);
    postgres_queue(tx->apply->db, STATEMENT_LIMIT_WAITS, &tx->apply->arrays,
                   NULL, NULL);
}

static struct instant instant_or_absent(const struct postgres_rows *rows,
                                        size_t row, int column)
{
    if (postgres_is_null(rows, row, column))
        return (struct instant){INSTANT_ABSENT, 0};
    return (struct instant){INSTANT_PRESENT, postgres_int(rows, row, column)};
}

static void read_register(struct entity_register *reg,
                          const struct postgres_rows *rows, size_t row,
                          struct arena *arena)
{
    reg->has_data = !postgres_is_null(rows, row, 0);
    if (reg->has_data)
        reg->version =
            (struct version){.class = (int)postgres_int(rows, row, 0),
                             .t = postgres_int(rows, row, 1),
                             .rank = (int)postgres_int(rows, row, 2),
                             .ts = postgres_int(rows, row, 3),
                             .id = postgres_text(rows, row, 4, arena)};
    reg->is_deleted = postgres_bool(rows, row, 5);
    reg->deleted_at = instant_or_absent(rows, row, 6);
    reg->failure = postgres_text(rows, row, 7, arena);
    reg->is_failed = reg->failure.data != NULL;
    reg->created_ms = instant_or_absent(rows, row, 8).ms;
    reg->base = postgres_text(rows, row, 9, arena);
    reg->newest_id = postgres_text(rows, row, 10, arena);
    reg->content = postgres_text(rows, row, 11, arena);
    reg->stored_base = reg->base;
    reg->stored_newest = reg->newest_id;
}

/* Every register exists by now and is locked, in the order of tx->regs. */
static void read_registers(const struct postgres_rows *rows, void *context)
{
    struct transaction *tx = context;

    if (postgres_count(rows) != tx->regs.count)
        abort(); /* a register was deleted: nothing here can be trusted */
    for (size_t i = 0; i < tx->regs.count; i++)
        read_register(&tx->regs.items[i], rows, i, tx->apply->arena);
}

static enum event_verdict status_of(const struct postgres_rows *rows,
                                    size_t row, struct arena *arena)
{
    struct slice text = postgres_text(rows, row, 1, arena);
    int status = 0;

    while (status < VERDICTS - 1 &&
           !slice_is(text, event_verdict_names[status]))
        status++;
    return (enum event_verdict)status;
}

static enum ledger_letter letter_of(struct slice text)
{
    int letter = LETTERS - 1;

    while (letter > LETTER_NONE && !slice_is(text, ledger_letter_names[letter]))
        letter--;
    return (enum ledger_letter)letter;
}

static void read_ledger(const struct postgres_rows *rows, void *context)
{
    struct transaction *tx = context;

    for (size_t i = 0; i < postgres_count(rows); i++) {
        struct ledger_known *known = &tx->known[postgres_int(rows, i, 0) - 1];
        struct instant retry_at = instant_or_absent(rows, i, 3);
        known->exists = true;
        known->status = status_of(rows, i, tx->apply->arena);
        known->redrives = postgres_int(rows, i, 2);
        known->is_waiting = retry_at.state == INSTANT_PRESENT;
        known->retry_at_ms = retry_at.ms;
        known->is_seen = postgres_bool(rows, i, 4);
        known->letter = letter_of(postgres_text(rows, i, 5, tx->apply->arena));
    }
}

static void read_claims(const struct postgres_rows *rows, void *context)
{
    struct transaction *tx = context;
    struct arena *arena = tx->apply->arena;

    tx->claims_count = postgres_count(rows);
    tx->claims = arena_get(arena, (tx->claims_count + 1) * sizeof(*tx->claims));
    for (size_t i = 0; i < tx->claims_count; i++)
        tx->claims[i] =
            (struct claim){.base = postgres_text(rows, i, 0, arena),
                           .organization_id = postgres_text(rows, i, 1, arena),
                           .created_ms = postgres_int(rows, i, 2),
                           .subdomain = postgres_text(rows, i, 3, arena)};
}

static int lock(struct transaction *tx, struct error *err)
{
    struct arena *arena = tx->apply->arena;

    tx->regs = registers_of(tx->events, tx->count, arena);
    tx->ledger = ledger_of(tx->events, tx->count, arena);
    tx->known =
        arena_get(arena, (tx->ledger.events_count + 1) * sizeof(*tx->known));
    queue(tx, STATEMENT_BEGIN, NULL);
    queue(tx, STATEMENT_BY_INDEX, NULL);
    queue(tx, STATEMENT_REGISTERS_MAKE, NULL);
    queue(tx, STATEMENT_REGISTERS_LOCK, read_registers);
    limit_waits(tx, tx->apply->lock_timeout_ms);
    queue(tx, STATEMENT_LEDGER_LOCK, read_ledger);
    return postgres_run(tx->apply->db, err);
}

/* Bases are locked after all registers, so no two batches wait for each other;
 * then the organizations that are first in line, by id. */
static int lock_subdomains(struct transaction *tx, struct error *err)
{
    if (tx->rows.bases_count > 0) {
        limit_waits(tx, 0);
        queue(tx, STATEMENT_BASES_MAKE, NULL);
        queue(tx, STATEMENT_BASES_LOCK, NULL);
        limit_waits(tx, tx->apply->lock_timeout_ms);
        queue(tx, STATEMENT_CLAIMS, read_claims);
        if (postgres_run(tx->apply->db, err) != 0)
            return -1;
    }
    claim_subdomains(&tx->rows, tx->claims, tx->claims_count, tx->apply->arena);
    return 0;
}

/* What is written, and what the commit would find against it: a deferred
 * trigger or constraint. */
static int check_deferred(struct transaction *tx, struct error *err)
{
    queue(tx, STATEMENT_CHECK_DEFERRED, NULL);
    return postgres_run(tx->apply->db, err);
}

/* Nothing is done until the other topic has it. */
static int send_letters(struct transaction *tx, struct error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < tx->count; i++) {
        struct event *event = tx->events[i];
        if (!event->is_letter_due || event->record.is_dead_lettered)
            continue;
        if (count++ == 0 && check_deferred(tx, err) != 0)
            return -1;
        sink_send(tx->apply->sink, event);
    }
    if (count == 0 || sink_wait(tx->apply->sink, err) == 0)
        return 0;
    postgres_rollback(tx->apply->db);
    return -1;
}

static void queue_writes(struct transaction *tx)
{
    for (int id = STATEMENT_CASCADE_LOCK; id < STATEMENT_COMMIT; id++)
        if (id != STATEMENT_TROUBLES || !tx->apply->leaves_troubles)
            queue(tx, (enum statement_id)id, NULL);
}

/* Events read out of turn, without those that came after them. */
static void set_aside(struct transaction *tx)
{
    for (size_t i = 0; i < tx->count; i++)
        tx->events[i]->is_aside =
            tx->apply->sink == NULL &&
            (tx->events[i]->is_repeated || tx->events[i]->fate == EVENT_REFUSE);
}

/* Without a sink there is nowhere to put what cannot be applied. */
static int check_sink(struct transaction *tx, struct error *err)
{
    if (tx->apply->sink != NULL)
        return 0;
    for (size_t i = 0; i < tx->count; i++) {
        if (!tx->events[i]->is_letter_due)
            continue;
        postgres_rollback(tx->apply->db);
        return error_set(err, ERROR_INPUT, "a dead letter that nobody sends");
    }
    return 0;
}

static void end_phase(struct transaction *tx, enum apply_phase phase)
{
    int64_t now_us = clock_steady_us();

    tx->apply->spent_us[phase] += now_us - tx->mark_us;
    tx->mark_us = now_us;
}

static int lock_all(struct transaction *tx, struct error *err)
{
    int result = postgres_connect(tx->apply->db, err) != 0 ? -1 : lock(tx, err);

    end_phase(tx, APPLY_LOCK);
    return result;
}

static int write_all(struct transaction *tx, struct error *err)
{
    int result = lock_subdomains(tx, err);

    if (result == 0) {
        queue_writes(tx);
        result = send_letters(tx, err);
    }
    end_phase(tx, APPLY_WRITE);
    return result;
}

static int commit(struct transaction *tx, struct error *err)
{
    int result;

    queue(tx, STATEMENT_COMMIT, NULL);
    result = postgres_run(tx->apply->db, err);
    end_phase(tx, APPLY_COMMIT);
    return result;
}

int apply(struct apply *apply, struct event *const *events, size_t count,
          struct error *err)
{
    struct transaction tx = {.apply = apply,
                             .events = events,
                             .count = count,
                             .mark_us = clock_steady_us()};

    if (lock_all(&tx, err) != 0)
        return -1;
    ledger_judge(&tx.ledger, tx.known);
    set_aside(&tx);
    merge(events, count);
    ledger_fill(&tx.ledger, tx.known, apply->arena);
    if (check_sink(&tx, err) != 0)
        return -1;
    rows_of(&tx.regs, apply->arena, &tx.rows);
    end_phase(&tx, APPLY_MERGE);
    if (write_all(&tx, err) != 0)
        return -1;
    return commit(&tx, err);
}

static void read_unmarked(const struct postgres_rows *rows, void *context)
{
    struct apply *apply = context;
    struct slice id = postgres_count(rows) > 0
                          ? postgres_text(rows, 0, 0, apply->arena)
                          : SLICE_EMPTY;

    apply->marked_size = id.size <= sizeof(apply->marked) ? id.size : 0;
    if (apply->marked_size > 0)
        memcpy(apply->marked, id.data, apply->marked_size);
}

static void queue_for_user(struct apply *apply, enum statement_id id,
                           postgres_reader *reader)
{
    const struct bind_input input = {
        .user_id = {apply->marked, apply->marked_size}};

    bind_statement(&apply->arrays, id, &input);
    postgres_queue(apply->db, id, &apply->arrays, reader, apply);
}

int apply_mark_failed(struct apply *apply, bool *ret_is_marked,
                      struct error *err)
{
    struct transaction tx = {.apply = apply};

    if (postgres_connect(apply->db, err) != 0)
        return -1;
    queue(&tx, STATEMENT_BEGIN, NULL);
    queue(&tx, STATEMENT_BY_INDEX, NULL);
    limit_waits(&tx, apply->lock_timeout_ms);
    queue_for_user(apply, STATEMENT_UNMARKED, read_unmarked);
    if (postgres_run(apply->db, err) != 0)
        return -1;
    *ret_is_marked = apply->marked_size > 0;
    if (*ret_is_marked)
        queue_for_user(apply, STATEMENT_MARK_FAILED, NULL);
    queue(&tx, STATEMENT_COMMIT, NULL);
    return postgres_run(apply->db, err);
}

static void read_table_locks(const struct postgres_rows *rows, void *context)
{
    *(bool *)context = postgres_count(rows) > 0;
}

bool apply_tables_are_locked(struct apply *apply)
{
    bool are_locked = false;
    struct error err;

    if (postgres_connect(apply->db, &err) != 0)
        return false;
    postgres_queue(apply->db, STATEMENT_TABLE_LOCKS, NULL, read_table_locks,
                   &are_locked);
    return postgres_run(apply->db, &err) == 0 && are_locked;
}
