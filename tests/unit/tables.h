/* tables - the database of a small world in memory, to be compared.
 *
 * Rows lie in the order of their keys.  Data is what an event's mention points
 * to: the events must live as long.  Texts that a batch makes are kept for
 * ever, so that its arena can be cleared. */
#pragma once

#include "consumer/identity.h"
#include "consumer/registers.h"

#include <stdlib.h>

#define TABLES_ROWS 6 /* of each table, and of each kind of register */
#define TABLES_KINDS ENTITY_SUBDOMAIN

struct line { /* what every row begins with */
    struct slice id;
    struct uuid uuid;
};

struct user_line {
    struct line key;
    const struct user_row *data; /* NULL: a tombstone */
    const char *sync_status;
    struct slice sync_error;
    bool is_deleted;
    struct instant deleted_at;
    const struct user_row *workspace; /* whose created_at it has; NULL: none */
};

struct organization_line {
    struct line key;
    const struct organization_row *data;
    const char *sync_status;
    struct slice subdomain;
};

struct membership_line {
    struct line key;
    struct uuid organization_id, user_id;
    struct slice content;
};

struct register_line {
    struct line key;
    struct entity_register reg; /* the stored half of it */
};

struct tables {
    struct user_line users[TABLES_ROWS];
    struct organization_line organizations[TABLES_ROWS];
    struct membership_line memberships[TABLES_ROWS];
    struct register_line registers[TABLES_KINDS][TABLES_ROWS];
    size_t users_count, organizations_count, memberships_count;
    size_t registers_count[TABLES_KINDS];
    const char *violation; /* the constraint that was violated first */
};

/* One copy for each text there is. */
static inline struct slice tables_keep(struct slice text)
{
    static struct slice kept[1 << 14];
    static struct arena arena;
    size_t hash = 5381;

    if (text.data == NULL)
        return text;
    for (size_t i = 0; i < text.size; i++)
        hash = hash * 33 + (unsigned char)text.data[i];
    for (;; hash++) {
        struct slice *slot = &kept[hash % (1 << 14)];
        if (slot->data == NULL)
            *slot = arena_copy(&arena, text);
        if (slice_equal(*slot, text))
            return *slot;
    }
}

/* identity_of(), remembered: it costs more than all the rest. */
static inline struct uuid tables_identity(struct slice id)
{
    static struct line known[1 << 8];
    struct slice kept = tables_keep(id);
    size_t place = (uintptr_t)kept.data % (sizeof(known) / sizeof(known[0]));

    if (known[place].id.data != kept.data)
        known[place] = (struct line){kept, identity_of(id)};
    return known[place].uuid;
}

/* Where `id` is, or where it would have to be. */
static inline size_t line_place(const void *lines, size_t count, size_t size,
                                struct slice id, bool *ret_is_there)
{
    int order = 1;
    size_t at = 0;

    while (at < count) {
        const struct line *line =
            (const void *)((const char *)lines + at * size);
        order = slice_compare(line->id, id);
        if (order >= 0)
            break;
        at++;
    }
    *ret_is_there = at < count && order == 0;
    return at;
}

static inline void *line_find(void *lines, size_t count, size_t size,
                              struct slice id)
{
    bool is_there;
    size_t at = line_place(lines, count, size, id, &is_there);

    return is_there ? (char *)lines + at * size : NULL;
}

/* The line of `id`; a new one is zeroed but for its key. */
static inline void *line_make(void *lines, size_t *count, size_t size,
                              struct slice id, bool has_uuid)
{
    bool is_there;
    size_t at = line_place(lines, *count, size, id, &is_there);
    char *line = (char *)lines + at * size;

    if (is_there)
        return line;
    if (*count == TABLES_ROWS)
        abort(); /* the world is not small */
    memmove(line + size, line, (*count - at) * size);
    memset(line, 0, size);
    *(struct line *)(void *)line = (struct line){
        tables_keep(id), has_uuid ? tables_identity(id) : (struct uuid){{0}}};
    ++*count;
    return line;
}

static inline void line_remove(void *lines, size_t *count, size_t size,
                               size_t at)
{
    char *line = (char *)lines + at * size;

    --*count;
    memmove(line, line + size, (*count - at) * size);
}

static inline bool instant_equal(struct instant a, struct instant b)
{
    return a.state == b.state && a.ms == b.ms;
}

static inline bool uuid_equal(struct uuid a, struct uuid b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

static inline bool key_equal(const struct line *a, const struct line *b)
{
    return slice_equal(a->id, b->id) && uuid_equal(a->uuid, b->uuid);
}

static inline bool user_equal(const struct user_line *a,
                              const struct user_line *b)
{
    return key_equal(&a->key, &b->key) && a->data == b->data &&
           strcmp(a->sync_status, b->sync_status) == 0 &&
           slice_equal(a->sync_error, b->sync_error) &&
           a->is_deleted == b->is_deleted && a->workspace == b->workspace &&
           instant_equal(a->deleted_at, b->deleted_at);
}

static inline bool organization_equal(const struct organization_line *a,
                                      const struct organization_line *b)
{
    return key_equal(&a->key, &b->key) && a->data == b->data &&
           strcmp(a->sync_status, b->sync_status) == 0 &&
           slice_equal(a->subdomain, b->subdomain);
}

static inline bool membership_equal(const struct membership_line *a,
                                    const struct membership_line *b)
{
    return key_equal(&a->key, &b->key) &&
           uuid_equal(a->organization_id, b->organization_id) &&
           uuid_equal(a->user_id, b->user_id) &&
           slice_equal(a->content, b->content);
}

static inline bool register_equal(const struct entity_register *a,
                                  const struct entity_register *b)
{
    return a->kind == b->kind && slice_equal(a->id, b->id) &&
           a->has_data == b->has_data &&
           version_compare(&a->version, &b->version) == 0 &&
           a->is_deleted == b->is_deleted &&
           instant_equal(a->deleted_at, b->deleted_at) &&
           a->is_failed == b->is_failed &&
           slice_equal(a->failure, b->failure) &&
           a->created_ms == b->created_ms && slice_equal(a->base, b->base) &&
           slice_equal(a->newest_id, b->newest_id) &&
           slice_equal(a->content, b->content);
}

/* The first table in which the two differ, or NULL. */
static inline const char *rows_difference(const struct tables *a,
                                          const struct tables *b)
{
    if (a->users_count != b->users_count)
        return "users";
    for (size_t i = 0; i < a->users_count; i++)
        if (!user_equal(&a->users[i], &b->users[i]))
            return "users";
    if (a->organizations_count != b->organizations_count)
        return "organizations";
    for (size_t i = 0; i < a->organizations_count; i++)
        if (!organization_equal(&a->organizations[i], &b->organizations[i]))
            return "organizations";
    if (a->memberships_count != b->memberships_count)
        return "organization_memberships";
    for (size_t i = 0; i < a->memberships_count; i++)
        if (!membership_equal(&a->memberships[i], &b->memberships[i]))
            return "organization_memberships";
    return NULL;
}

/* The same with the registers. */
static inline const char *tables_difference(const struct tables *a,
                                            const struct tables *b)
{
    for (int kind = 0; kind < TABLES_KINDS; kind++) {
        if (a->registers_count[kind] != b->registers_count[kind])
            return "entity_versions";
        for (size_t i = 0; i < a->registers_count[kind]; i++)
            if (!register_equal(&a->registers[kind][i].reg,
                                &b->registers[kind][i].reg))
                return "entity_versions";
    }
    return rows_difference(a, b);
}
