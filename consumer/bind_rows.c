#include "consumer/bind_rows.h"

#include "consumer/events/events.h"

static void add_removed(struct pg_array *array, const struct rows *rows)
{
    for (size_t i = 0; i < rows->organizations_removed_count; i++) {
        struct uuid id = identity_of(rows->organizations_removed[i]->id);
        pg_array_uuid(array, &id);
    }
}

static void add_users_deleted(struct pg_array *array, const struct rows *rows)
{
    for (size_t i = 0; i < rows->users_deleted_count; i++)
        pg_array_uuid(array, &rows->users_deleted[i]);
}

void bind_cascade_lock(struct bind_cursor *row, const struct bind_input *input)
{
    add_removed(&row->out->arrays[0], input->rows);
    add_users_deleted(&row->out->arrays[1], input->rows);
}

void bind_memberships_remove(struct bind_cursor *row,
                             const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->memberships_removed_count; i++) {
        const struct membership_removal *gone =
            &input->rows->memberships_removed[i];
        struct slice organization, user;
        bind_text(row, gone->id);
        if (gone->pair_id.data == NULL) {
            pg_array_null(bind_next(row));
            pg_array_null(bind_next(row));
            continue;
        }
        membership_split_pair(gone->pair_id, &organization, &user);
        bind_id_of(row, organization);
        bind_id_of(row, user);
    }
}

void bind_memberships_of_users(struct bind_cursor *row,
                               const struct bind_input *input)
{
    add_users_deleted(bind_next(row), input->rows);
}

void bind_organizations_remove(struct bind_cursor *row,
                               const struct bind_input *input)
{
    add_removed(bind_next(row), input->rows);
}

static void bind_user(struct bind_cursor *row,
                      const struct entity_register *reg)
{
    static const struct user_row nothing;
    const struct user_row *user =
        reg->data != NULL ? reg->data->row.user : &nothing;

    bind_id_of(row, reg->id);
    bind_text(row, reg->id);
    bind_text(row, user->email);
    bind_text(row, user->phone);
    bind_text(row, user->username);
    bind_text(row, user->first_name);
    bind_text(row, user->last_name);
    bind_text(row, user->avatar_url);
    bind_text(row, user->external_id);
    bind_text(row, user->public_metadata);
    bind_word(row, reg->is_deleted ? "DELETED" : "ACTIVE");
    bind_word(row, rows_sync_status(reg));
    bind_moment(row, user->created_at);
    bind_moment(row, user->updated_at);
    bind_moment(row, reg->deleted_at);
    bind_text(row, reg->failure);
}

void bind_users(struct bind_cursor *row, const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->users_count; i++)
        bind_user(row, input->rows->users[i]);
}

void bind_tombstones(struct bind_cursor *row, const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->tombstones_count; i++) {
        const struct entity_register *reg = input->rows->tombstones[i];
        bind_id_of(row, reg->id);
        bind_text(row, reg->id);
        bind_word(row, rows_sync_status(reg));
        bind_moment(row, reg->deleted_at);
        bind_text(row, reg->failure);
    }
}

void bind_syncs(struct bind_cursor *row, const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->syncs_count; i++) {
        const struct entity_register *reg = input->rows->syncs[i];
        bind_id_of(row, reg->id);
        bind_word(row, rows_sync_status(reg));
        bind_text(row, reg->failure);
    }
}

void bind_troubles(struct bind_cursor *row, const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->troubles_count; i++) {
        const struct entity_register *reg = input->rows->troubles[i];
        bind_id_of(row, reg->id);
        bind_word(row, reg->is_failed ? "failed" : NULL);
        bind_text(row, reg->is_failed ? reg->failure : reg->trouble);
    }
}

void bind_workspaces(struct bind_cursor *row, const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->users_count; i++) {
        const struct entity_register *reg = input->rows->users[i];
        struct uuid id = identity_of_workspace(reg->id);
        if (reg->data == NULL)
            continue; /* deleted, and nothing more is known of them */
        bind_uuid(row, &id);
        bind_id_of(row, reg->id);
        bind_moment(row, reg->data->row.user->created_at);
    }
}

void bind_subdomains_free(struct bind_cursor *row,
                          const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->organizations_count; i++) {
        const struct organization_write *org = &input->rows->organizations[i];
        bind_uuid(row, &org->id);
        bind_text(row, org->interim);
        bind_text(row, org->subdomain);
    }
    for (size_t i = 0; i < input->rows->losers_count; i++) {
        const struct subdomain_change *loser = &input->rows->losers[i];
        bind_uuid(row, &loser->organization_id);
        bind_text(row, loser->subdomain);
        bind_text(row, loser->subdomain);
    }
}

void bind_organizations(struct bind_cursor *row, const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->organizations_count; i++) {
        const struct organization_write *org = &input->rows->organizations[i];
        const struct organization_row *data =
            org->entity->data->row.organization;
        bind_uuid(row, &org->id);
        bind_text(row, data->id);
        bind_text(row, data->name);
        bind_text(row, data->slug);
        bind_text(row, org->subdomain);
        bind_text(row, data->image_url);
        bind_text(row, data->created_by);
        bind_text(row, data->public_metadata);
        bind_word(row, rows_sync_status(org->entity));
        bind_moment(row, data->created_at);
        bind_moment(row, data->updated_at);
    }
}

void bind_subdomains_give(struct bind_cursor *row,
                          const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->winners_count; i++) {
        bind_uuid(row, &input->rows->winners[i].organization_id);
        bind_text(row, input->rows->winners[i].subdomain);
    }
}

void bind_memberships(struct bind_cursor *row, const struct bind_input *input)
{
    for (size_t i = 0; i < input->rows->memberships_count; i++) {
        const struct membership_row *data = input->rows->memberships[i];
        bind_id_of(row, data->id);
        bind_text(row, data->id);
        bind_id_of(row, data->organization_id);
        bind_id_of(row, data->user_id);
        bind_word(row, role_map_find(input->roles, data->clerk_role));
        bind_text(row, data->clerk_role);
        bind_text(row, pg_array_literal(data->permissions, input->arena));
        bind_text(row, data->public_metadata);
        bind_moment(row, data->created_at);
        bind_moment(row, data->updated_at);
    }
}
