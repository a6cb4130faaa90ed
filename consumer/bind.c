#include "consumer/bind.h"

#include "consumer/bind_rows.h"

static void bind_registers_keys(struct bind_cursor *row,
                                const struct bind_input *input)
{
    for (size_t i = 0; i < input->regs->count; i++) {
        bind_word(row, entity_kind_names[input->regs->items[i].kind]);
        bind_text(row, input->regs->items[i].id);
    }
}

static void bind_place(struct bind_cursor *row, const struct place *place)
{
    bind_text(row, place->topic);
    bind_number(row, place->partition);
    bind_number(row, place->offset);
}

static void bind_ledger_lock(struct bind_cursor *row,
                             const struct bind_input *input)
{
    for (size_t i = 0; i < input->ledger->events_count; i++) {
        const struct record *rec = &input->ledger->events[i]->record;
        bind_text(row, rec->id);
        bind_place(row, &rec->origin);
    }
}

static void bind_bases(struct bind_cursor *row, const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->bases_count; i++)
        bind_text(row, input->rows->bases[i]);
}

/* The second array has a length of its own: what the batch itself decides. */
static void bind_claims(struct bind_cursor *row, const struct bind_input *input)
{
    const struct rows *rows = input->rows;
    struct pg_array *ours = &row->out->arrays[1];

    for (size_t i = 0; i < rows->bases_count; i++)
        pg_array_text(&row->out->arrays[0], rows->bases[i]);
    for (size_t i = 0; i < rows->organizations_count; i++)
        pg_array_text(ours, rows->organizations[i].entity->id);
    for (size_t i = 0; i < rows->organizations_removed_count; i++)
        pg_array_text(ours, rows->organizations_removed[i]->id);
}

static void bind_limit_waits(struct bind_cursor *row,
                             const struct bind_input *input)
{
    bind_number(row, input->lock_timeout_ms);
}

static void bind_register(struct bind_cursor *row,
                          const struct entity_register *reg)
{
    bind_word(row, entity_kind_names[reg->kind]);
    bind_text(row, reg->id);
    bind_number_if(row, reg->has_data, reg->version.class);
    bind_number_if(row, reg->has_data, reg->version.t);
    bind_number_if(row, reg->has_data, reg->version.rank);
    bind_number_if(row, reg->has_data, reg->version.ts);
    bind_text(row, reg->has_data ? reg->version.id : SLICE_EMPTY);
    bind_truth(row, reg->is_deleted);
    bind_number_if(row, reg->deleted_at.state == INSTANT_PRESENT,
                   reg->deleted_at.ms);
    bind_text(row, reg->failure);
    bind_number(row, reg->created_ms);
    bind_text(row, reg->base);
    bind_text(row, reg->newest_id);
    bind_text(row, reg->content);
}

static void bind_registers(struct bind_cursor *row,
                           const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->changed_count; i++)
        bind_register(row, input->rows->changed[i]);
}

static struct instant instant_if(bool is_known, int64_t ms)
{
    return (struct instant){is_known ? INSTANT_PRESENT : INSTANT_ABSENT,
                            is_known ? ms : 0};
}

static void bind_ledger_row(struct bind_cursor *row,
                            const struct ledger_entry *entry)
{
    const struct event *event = entry->event;
    const struct record *rec = &event->record;

    bind_text(row, rec->id);
    bind_text(row, event->type);
    bind_text(row, event->entity_id);
    bind_text(row, event->payload);
    bind_word(row, event_verdict_names[entry->status]);
    bind_number(row, entry->attempts);
    bind_text(row, entry->error);
    bind_place(row, &rec->origin);
    bind_number(row, entry->duplicates);
    bind_text(row, entry->duplicate_offsets);
    bind_number(row, entry->replays);
    bind_number(row, entry->redrives);
    bind_moment(row, instant_if(rec->created_ms > 0, rec->created_ms));
    bind_moment(row, instant_if(entry->is_waiting, entry->retry_at_ms));
    bind_word(row, ledger_letter_names[entry->letter]);
}

static void bind_ledger_insert(struct bind_cursor *row,
                               const struct bind_input *input)
{
    for (size_t i = 0; i < input->ledger->count; i++)
        if (!input->ledger->entries[i].exists)
            bind_ledger_row(row, &input->ledger->entries[i]);
}

static void bind_ledger_update(struct bind_cursor *row,
                               const struct bind_input *input)
{
    for (size_t i = 0; i < input->ledger->count; i++) {
        const struct ledger_entry *entry = &input->ledger->entries[i];
        if (!entry->exists)
            continue;
        bind_text(row, entry->event->record.id);
        bind_number(row, entry->replays);
        bind_number(row, entry->duplicates);
        bind_text(row, entry->duplicate_offsets);
        bind_word(row, entry->is_status_new ? event_verdict_names[entry->status]
                                            : NULL);
        bind_number(row, entry->attempts);
        bind_text(row, entry->error);
        bind_number(row, entry->redrives);
        bind_moment(row, instant_if(entry->is_waiting, entry->retry_at_ms));
        bind_word(row, ledger_letter_names[entry->letter]);
    }
}

static void bind_user_id(struct bind_cursor *row,
                         const struct bind_input *input)
{
    bind_text(row, input->user_id);
}

static bind_function *const binders[STATEMENTS] = {
    [STATEMENT_REGISTERS_MAKE] = bind_registers_keys,
    [STATEMENT_REGISTERS_LOCK] = bind_registers_keys,
    [STATEMENT_LEDGER_LOCK] = bind_ledger_lock,
    [STATEMENT_BASES_MAKE] = bind_bases,
    [STATEMENT_BASES_LOCK] = bind_bases,
    [STATEMENT_CLAIMS] = bind_claims,
    [STATEMENT_LIMIT_WAITS] = bind_limit_waits,
    [STATEMENT_CASCADE_LOCK] = bind_cascade_lock,
    [STATEMENT_MEMBERSHIPS_REMOVE] = bind_memberships_remove,
    [STATEMENT_MEMBERSHIPS_OF_USERS] = bind_memberships_of_users,
    [STATEMENT_ORGANIZATIONS_REMOVE] = bind_organizations_remove,
    [STATEMENT_USERS] = bind_users,
    [STATEMENT_TOMBSTONES] = bind_tombstones,
    [STATEMENT_SYNCS] = bind_syncs,
    [STATEMENT_TROUBLES] = bind_troubles,
    [STATEMENT_WORKSPACES] = bind_workspaces,
    [STATEMENT_SUBDOMAINS_FREE] = bind_subdomains_free,
    [STATEMENT_ORGANIZATIONS] = bind_organizations,
    [STATEMENT_SUBDOMAINS_GIVE] = bind_subdomains_give,
    [STATEMENT_MEMBERSHIPS] = bind_memberships,
    [STATEMENT_REGISTERS] = bind_registers,
    [STATEMENT_LEDGER_INSERT] = bind_ledger_insert,
    [STATEMENT_LEDGER_UPDATE] = bind_ledger_update,
    [STATEMENT_UNMARKED] = bind_user_id,
    [STATEMENT_MARK_FAILED] = bind_user_id,
};

bool bind_statement(struct bind_arrays *out, enum statement_id id,
                    const struct bind_input *input)
{
    const struct statement *statement = &statements[id];
    struct bind_cursor row = {out, 0};
    bool has_rows = statement->count == 0;

    out->count = statement->count;
    for (int i = 0; i < out->count; i++)
        pg_array_begin(&out->arrays[i], statement->types[i]);
    if (binders[id] != NULL)
        binders[id](&row, input);
    for (int i = 0; i < out->count; i++) {
        has_rows = has_rows || out->arrays[i].count > 0;
        pg_array_end(&out->arrays[i]);
    }
    return has_rows;
}

void bind_release(struct bind_arrays *arrays)
{
    for (int i = 0; i < STATEMENT_ARRAYS_MAX; i++)
        pg_array_release(&arrays->arrays[i]);
}
