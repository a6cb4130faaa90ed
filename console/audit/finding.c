#include "console/audit/finding.h"

#include "consumer/events/events.h"
#include "shared/memory.h"

#include <stdio.h>

#define ID_BYTES (2 * EVENT_ID_BYTES_MAX + 32)

/* --entity names it, or a parent of it. */
static bool is_asked(const struct audit *audit, const struct known *known)
{
    struct slice entity = slice_of(audit->flags->entity);
    struct slice organization, user;

    if (entity.data == NULL || slice_equal(known->reg->id, entity))
        return true;
    if (known->reg->kind == ENTITY_PAIR) {
        membership_split_pair(known->reg->id, &organization, &user);
    } else if (known->reg->kind == ENTITY_MEMBERSHIP && known->row != NULL) {
        const struct membership_row *row = known->row;
        organization = row->organization_id;
        user = row->user_id;
    } else {
        return false;
    }
    return slice_equal(organization, entity) || slice_equal(user, entity);
}

/* As people may read it. */
static struct slice shown_id(const struct known *known, char out[ID_BYTES])
{
    struct slice organization, user;
    int size;

    if (known->reg->kind != ENTITY_PAIR)
        return known->reg->id;
    membership_split_pair(known->reg->id, &organization, &user);
    size = snprintf(out, ID_BYTES, "%.*s %.*s", SLICE_PRINT(organization),
                    SLICE_PRINT(user));
    return (struct slice){out, (size_t)size};
}

void finding_add(struct audit *audit, struct known *known,
                 const struct difference *one)
{
    struct audit_pass *pass = &audit->pass;
    struct difference difference = *one;
    char id[ID_BYTES];

    if (!is_asked(audit, known))
        return;
    if (expected_is_in_flight(&pass->expected, known)) {
        keys_add(&pass->unsettled, known->reg->id);
        return;
    }
    known->is_wrong = true;
    difference.kind = known->reg->kind;
    difference.id = shown_id(known, id);
    differences_add(&pass->differences, &difference);
}

void finding_add_row(struct audit *audit, struct known *known,
                     const char *table, enum difference_what what)
{
    finding_add(audit, known,
                &(struct difference){.what = what, .table = table});
}

static void note_stranger(struct audit_pass *pass,
                          const struct audit_stranger *stranger)
{
    struct audit_stranger *kept;

    if (pass->strangers_count == pass->strangers_room) {
        pass->strangers_room =
            pass->strangers_room > 0 ? 2 * pass->strangers_room : 64;
        pass->strangers = memory_resize(pass->strangers, pass->strangers_room,
                                        sizeof(*pass->strangers));
    }
    kept = &pass->strangers[pass->strangers_count++];
    *kept = *stranger;
    kept->id.data = memory_copy(stranger->id.data, stranger->id.size);
}

void finding_add_stranger(struct audit *audit,
                          const struct audit_stranger *stranger,
                          enum difference_what what)
{
    struct audit_pass *pass = &audit->pass;
    struct slice entity = slice_of(audit->flags->entity);
    const struct difference one = {.what = what,
                                   .kind = stranger->kind,
                                   .id = stranger->id,
                                   .table = stranger->table};
    struct known *known =
        known_find(&pass->expected.known, stranger->kind, stranger->id);

    if (entity.data != NULL && !slice_equal(entity, stranger->id))
        return;
    if (known != NULL && known->is_in_flight) {
        keys_add(&pass->unsettled, stranger->id);
        return;
    }
    differences_add(&pass->differences, &one);
    note_stranger(pass, stranger);
}

void finding_add_in_the_way(struct audit *audit, struct known *known,
                            const struct difference *one)
{
    uint64_t before = audit->pass.differences.total;

    finding_add(audit, known, one);
    if (audit->pass.differences.total > before)
        note_stranger(&audit->pass,
                      &(struct audit_stranger){.kind = known->reg->kind,
                                               .table = one->table,
                                               .id = known->reg->id,
                                               .unless = UNLESS_OWN_ID});
}
