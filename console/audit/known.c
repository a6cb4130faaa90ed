#include "console/audit/known.h"

#include "shared/memory.h"

#include <stdlib.h>

/* A struct and the texts that slices in it point to. */
struct shape {
    size_t size;
    size_t slices_count;
    size_t slices[10]; /* offsets */
};

#define REGISTER(field) offsetof(struct entity_register, field)
#define USER(field) offsetof(struct user_row, field)
#define ORGANIZATION(field) offsetof(struct organization_row, field)
#define MEMBERSHIP(field) offsetof(struct membership_row, field)

static const struct shape register_shape = {sizeof(struct entity_register),
                                            5,
                                            {REGISTER(id), REGISTER(version.id),
                                             REGISTER(failure), REGISTER(base),
                                             REGISTER(newest_id)}};

static const struct shape row_shapes[] = {
    [ENTITY_USER] = {sizeof(struct user_row),
                     9,
                     {USER(id), USER(email), USER(phone), USER(username),
                      USER(first_name), USER(last_name), USER(avatar_url),
                      USER(external_id), USER(public_metadata)}},
    [ENTITY_ORGANIZATION] = {sizeof(struct organization_row),
                             7,
                             {ORGANIZATION(id), ORGANIZATION(name),
                              ORGANIZATION(slug), ORGANIZATION(image_url),
                              ORGANIZATION(created_by),
                              ORGANIZATION(public_metadata),
                              ORGANIZATION(base)}},
    [ENTITY_MEMBERSHIP] = {sizeof(struct membership_row),
                           6,
                           {MEMBERSHIP(id), MEMBERSHIP(organization_id),
                            MEMBERSHIP(user_id), MEMBERSHIP(clerk_role),
                            MEMBERSHIP(permissions),
                            MEMBERSHIP(public_metadata)}},
};

/* A field more must be copied, too. */
_Static_assert(sizeof(struct user_row) ==
                   9 * sizeof(struct slice) + 2 * sizeof(struct instant),
               "user");
_Static_assert(sizeof(struct organization_row) ==
                   7 * sizeof(struct slice) + 2 * sizeof(struct instant),
               "organization");
_Static_assert(sizeof(struct membership_row) ==
                   6 * sizeof(struct slice) + 2 * sizeof(struct instant),
               "membership");

static struct slice *slice_at(void *thing, size_t offset)
{
    return (struct slice *)((char *)thing + offset);
}

/* One piece of memory, new. */
static void *pack(const void *thing, const struct shape *shape)
{
    size_t size = shape->size;
    char *packed, *text;

    for (size_t i = 0; i < shape->slices_count; i++)
        size += ((const struct slice *)((const char *)thing + shape->slices[i]))
                    ->size;
    packed = memory_new(size);
    memcpy(packed, thing, shape->size);
    text = packed + shape->size;
    for (size_t i = 0; i < shape->slices_count; i++) {
        struct slice *slice = slice_at(packed, shape->slices[i]);
        if (slice->data == NULL)
            continue;
        if (slice->size > 0)
            memcpy(text, slice->data, slice->size);
        slice->data = text;
        text += slice->size;
    }
    return packed;
}

static void drop(const void *packed)
{
    free((void *)(uintptr_t)packed);
}

void known_release(struct known_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        drop(table->items[i]->reg);
        drop(table->items[i]->row);
        free(table->items[i]);
    }
    free(table->items);
    free(table->slots);
    *table = (struct known_table){.count = 0};
}

/* FNV-1a. */
static size_t hash(enum entity_kind kind, struct slice id)
{
    uint64_t value = (0xcbf29ce484222325u ^ (unsigned)kind) * 0x100000001b3u;

    for (size_t i = 0; i < id.size; i++)
        value = (value ^ (unsigned char)id.data[i]) * 0x100000001b3u;
    return (size_t)(value ^ value >> 32);
}

/* Where it is, or would be; there is a free slot. */
static struct known **slot_of(const struct known_table *table,
                              enum entity_kind kind, struct slice id)
{
    size_t mask = table->slots_count - 1;
    size_t at = hash(kind, id) & mask;

    while (table->slots[at] != NULL &&
           (table->slots[at]->reg->kind != kind ||
            !slice_equal(table->slots[at]->reg->id, id)))
        at = (at + 1) & mask;
    return &table->slots[at];
}

struct known *known_find(const struct known_table *table, enum entity_kind kind,
                         struct slice id)
{
    return table->count > 0 ? *slot_of(table, kind, id) : NULL;
}

/* At least half of the slots stay free. */
static void make_room(struct known_table *table)
{
    if (table->count < table->room)
        return;
    table->room = table->room > 0 ? 2 * table->room : 1024;
    table->items =
        memory_resize(table->items, table->room, sizeof(struct known *));
    free(table->slots);
    table->slots_count = 2 * table->room;
    table->slots = memory_new(table->slots_count * sizeof(struct known *));
    for (size_t i = 0; i < table->count; i++)
        *slot_of(table, table->items[i]->reg->kind, table->items[i]->reg->id) =
            table->items[i];
}

struct known *known_make(struct known_table *table, enum entity_kind kind,
                         struct slice id)
{
    const struct entity_register empty = {.kind = kind, .id = id};
    struct known *known = known_find(table, kind, id);

    if (known != NULL)
        return known;
    make_room(table);
    known = memory_new(sizeof(*known));
    known->reg = pack(&empty, &register_shape);
    table->items[table->count++] = known;
    *slot_of(table, kind, known->reg->id) = known;
    return known;
}

void known_set_register(struct known *known, const struct entity_register *reg)
{
    const struct entity_register *before = known->reg;
    struct entity_register stored = *reg;

    stored.data = NULL;
    stored.is_changed = stored.is_delete_applied = false;
    stored.is_sync_changed = false;
    stored.content = stored.stored_base = stored.stored_newest = SLICE_EMPTY;
    known->reg = pack(&stored, &register_shape);
    drop(before);
}

static const void *row_of(const struct mention *data)
{
    switch (data->kind) {
    case ENTITY_USER:
        return data->row.user;
    case ENTITY_ORGANIZATION:
        return data->row.organization;
    case ENTITY_MEMBERSHIP:
        return data->row.membership;
    case ENTITY_PAIR:
    case ENTITY_SUBDOMAIN:
        break;
    }
    abort(); /* these have none */
}

void known_set_row(struct known *known, const struct mention *data)
{
    const void *before = known->row;

    known->row =
        data != NULL ? pack(row_of(data), &row_shapes[data->kind]) : NULL;
    drop(before);
}

struct mention known_mention(const struct known *known)
{
    const struct entity_register *reg = known->reg;
    struct mention data = {.kind = reg->kind,
                           .effect = MENTION_DATA,
                           .id = reg->id,
                           .version = reg->version,
                           .created_ms = reg->created_ms};

    switch (reg->kind) {
    case ENTITY_USER:
        data.row.user = known->row;
        break;
    case ENTITY_ORGANIZATION:
        data.row.organization = known->row;
        break;
    case ENTITY_MEMBERSHIP:
        data.row.membership = known->row;
        break;
    case ENTITY_PAIR:
    case ENTITY_SUBDOMAIN:
        abort();
    }
    return data;
}
