#include "console/render.h"

#include "console/json_writer.h"
#include "console/profile.h"

#include <stdio.h>

#define INSTANCE_KEY 1
#define VERIFICATION_MS (10 * 60 * 1000)

static const char *const browsers[] = {
    "",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
};

static void write_id(struct json_writer *w, const char *name,
                     const char *prefix, uint64_t key)
{
    char id[PROFILE_ID_BYTES];

    profile_id(prefix, key, id);
    json_write_text(w, name, id);
}

static void write_image(struct json_writer *w, const char *name, uint64_t image)
{
    char url[96];

    snprintf(url, sizeof(url), "https://img.clerk.com/eyJ0eXBlIjoi%016llx",
             (unsigned long long)image);
    json_write_text(w, name, url);
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static void write_verification(struct json_writer *w, const char *kind,
                               const char *strategy, int64_t at_ms)
{
    json_write_object(w, "verification");
    json_write_text(w, "object", kind);
    json_write_text(w, "status", "verified");
    json_write_text(w, "strategy", strategy);
    json_write_number(w, "attempts", 1);
    json_write_number(w, "expire_at", at_ms + VERIFICATION_MS);
    json_write_end(w);
}

/* The addresses of one user have keys of their own, above the user's. */
static void write_address_head(struct json_writer *w, uint64_t key,
                               const char *object, const char *value)
{
    json_write_object(w, NULL);
    write_id(w, "id", "idn_", key);
    json_write_text(w, "object", object);
    json_write_text(w, object, value);
}

static void write_emails(struct json_writer *w, const struct world_user *user,
                         const struct profile_user *profile)
{
    json_write_array(w, "email_addresses");
    for (unsigned i = 0; i < profile->emails_count; i++) {
        /* Some second addresses wait for their verification. */
        bool is_reserved = i > 0 && (user->key >> i) % 4 == 0;

        write_address_head(w, user->key + 1 + i, "email_address",
                           profile->emails[i]);
        json_write_bool(w, "reserved", is_reserved);
        if (is_reserved)
            json_write_text(w, "verification", NULL);
        else
            write_verification(w, "verification_otp", "email_code",
                               user->created_ms);
        json_write_array(w, "linked_to");
        json_write_end(w);
        json_write_bool(w, "matches_sso_connection", false);
        json_write_number(w, "created_at", user->created_ms);
        json_write_number(w, "updated_at", user->created_ms + 14);
        json_write_end(w);
    }
    json_write_end(w);
}

static void write_phones(struct json_writer *w, const struct world_user *user,
                         const struct profile_user *profile)
{
    json_write_array(w, "phone_numbers");
    if (profile->phone[0] != '\0') {
        write_address_head(w, user->key + 10 + user->facets[USER_PHONE],
                           "phone_number", profile->phone);
        json_write_bool(w, "reserved_for_second_factor", false);
        json_write_bool(w, "default_second_factor", false);
        json_write_bool(w, "reserved", false);
        write_verification(w, "verification_otp", "phone_code",
                           user->created_ms);
        json_write_raw(w, "linked_to", "[]");
        json_write_text(w, "backup_codes", NULL);
        json_write_number(w, "created_at", user->created_ms);
        json_write_number(w, "updated_at", user->created_ms + 14);
        json_write_end(w);
    }
    json_write_end(w);
}

static void write_external_accounts(struct json_writer *w,
                                    const struct world_user *user,
                                    const struct profile_user *profile)
{
    json_write_array(w, "external_accounts");
    if (profile->is_oauth) {
        json_write_object(w, NULL);
        json_write_text(w, "object", "external_account");
        write_id(w, "id", "eac_", user->key);
        json_write_text(w, "provider", "oauth_google");
        write_id(w, "identification_id", "idn_", user->key + 9);
        json_write_text(w, "approved_scopes", "email profile");
        json_write_text(w, "email_address", profile_identifier(profile));
        json_write_text(w, "first_name", profile->first_name);
        json_write_text(w, "last_name", profile->last_name);
        json_write_text(w, "image_url", "");
        json_write_text(w, "username", NULL);
        json_write_raw(w, "public_metadata", "{}");
        json_write_text(w, "label", NULL);
        write_verification(w, "verification_oauth", "oauth_google",
                           user->created_ms);
        json_write_end(w);
    }
    json_write_end(w);
}

static void write_user_names(struct json_writer *w,
                             const struct world_user *user,
                             const struct profile_user *profile)
{
    if (profile->emails_count > 0)
        write_id(w, "primary_email_address_id", "idn_",
                 user->key + 1 + profile->primary_email);
    else
        json_write_text(w, "primary_email_address_id", NULL);
    if (profile->phone[0] != '\0')
        write_id(w, "primary_phone_number_id", "idn_",
                 user->key + 10 + user->facets[USER_PHONE]);
    else
        json_write_text(w, "primary_phone_number_id", NULL);
    json_write_text(w, "primary_web3_wallet_id", NULL);
    json_write_text(w, "username", text_or_null(profile->username));
    json_write_text(w, "first_name", profile->first_name);
    json_write_text(w, "last_name", profile->last_name);
    write_image(w, "image_url", profile->image);
    json_write_bool(w, "has_image", profile->has_image);
    if (profile->locale != NULL)
        json_write_text(w, "locale", profile->locale);
}

static void write_user_state(struct json_writer *w,
                             const struct world_user *user,
                             const struct profile_user *profile)
{
    json_write_bool(w, "password_enabled", !profile->is_oauth);
    json_write_bool(w, "two_factor_enabled", false);
    json_write_bool(w, "totp_enabled", false);
    json_write_bool(w, "backup_code_enabled", false);
    json_write_text(w, "mfa_enabled_at", NULL);
    json_write_text(w, "mfa_disabled_at", NULL);
    json_write_number(w, "last_sign_in_at", user->updated_ms - 4);
    json_write_number(w, "last_active_at", user->created_ms);
    json_write_text(w, "legal_accepted_at", NULL);
    json_write_bool(w, "banned", false);
    json_write_bool(w, "locked", false);
    json_write_text(w, "lockout_expires_in_seconds", NULL);
    json_write_number(w, "verification_attempts_remaining", 100);
    json_write_bool(w, "delete_self_enabled", true);
    json_write_bool(w, "create_organization_enabled", true);
    json_write_text(w, "create_organizations_limit", NULL);
    json_write_number(w, "created_at", user->created_ms);
    json_write_number(w, "updated_at", user->updated_ms);
}

static void write_user(struct json_writer *w, const struct world_event *event)
{
    const struct world_user *user = event->user;
    struct profile_user profile;

    profile_of_user(user, &profile);
    json_write_object(w, "data");
    json_write_text(w, "object", "user");
    write_id(w, "id", "user_", user->key);
    json_write_text(w, "external_id", NULL);
    write_user_names(w, user, &profile);
    json_write_raw(w, "public_metadata",
                   profile_metadata(user->key, user->facets[USER_METADATA]));
    json_write_raw(w, "private_metadata", user->key % 2 ? "null" : "{}");
    json_write_raw(w, "unsafe_metadata", "{}");
    write_emails(w, user, &profile);
    write_phones(w, user, &profile);
    json_write_raw(w, "web3_wallets", "[]");
    json_write_raw(w, "passkeys", "[]");
    write_external_accounts(w, user, &profile);
    json_write_raw(w, "saml_accounts", "[]");
    json_write_raw(w, "enterprise_accounts", "[]");
    write_user_state(w, user, &profile);
    json_write_end(w);
}

static void write_deleted_user(struct json_writer *w,
                               const struct world_event *event)
{
    json_write_object(w, "data");
    json_write_bool(w, "deleted", true);
    write_id(w, "id", "user_", event->user->key);
    json_write_text(w, "object", "user");
    json_write_end(w);
}

static void
write_organization_fields(struct json_writer *w,
                          const struct world_organization *organization)
{
    struct profile_organization profile;

    profile_of_organization(organization, &profile);
    json_write_text(w, "object", "organization");
    write_id(w, "id", "org_", organization->key);
    json_write_text(w, "name", profile.name);
    json_write_text(w, "slug", profile.has_slug ? profile.slug : NULL);
    write_image(w, "image_url", profile.image);
    json_write_bool(w, "has_image", profile.has_image);
    json_write_text(w, "logo_url", NULL);
    json_write_number(w, "max_allowed_memberships", organization->members_max);
    json_write_bool(w, "admin_delete_enabled", true);
    json_write_raw(
        w, "public_metadata",
        profile_metadata(organization->key,
                         organization->facets[ORGANIZATION_METADATA]));
    json_write_number(w, "created_at", organization->created_ms);
    json_write_number(w, "updated_at", organization->updated_ms);
}

static void write_counts(struct json_writer *w,
                         const struct world_organization *organization)
{
    json_write_number(w, "members_count", organization->members_count);
    json_write_number(w, "pending_invitations_count", 0);
}

/* Who founded it is said by its own events alone, and by some not at all. */
static void write_organization(struct json_writer *w,
                               const struct world_event *event)
{
    const struct world_organization *organization = event->organization;

    json_write_object(w, "data");
    write_organization_fields(w, organization);
    json_write_raw(w, "private_metadata", "{}");
    if (event->founder != NULL && organization->key % 8 != 0)
        write_id(w, "created_by", "user_", event->founder->key);
    if (event->type != ORGANIZATION_CREATED)
        write_counts(w, organization);
    json_write_end(w);
}

static void write_deleted_organization(struct json_writer *w,
                                       const struct world_event *event)
{
    struct profile_organization profile;

    profile_of_organization(event->organization, &profile);
    json_write_object(w, "data");
    json_write_text(w, "object", "organization");
    write_id(w, "id", "org_", event->organization->key);
    if (profile.has_slug)
        json_write_text(w, "slug", profile.slug);
    json_write_bool(w, "deleted", true);
    json_write_end(w);
}

static void write_public_user_data(struct json_writer *w,
                                   const struct world_user *user)
{
    struct profile_user profile;

    profile_of_user(user, &profile);
    json_write_object(w, "public_user_data");
    write_id(w, "user_id", "user_", user->key);
    json_write_text(w, "first_name", profile.first_name);
    json_write_text(w, "last_name", profile.last_name);
    write_image(w, "profile_image_url", profile.image);
    write_image(w, "image_url", profile.image);
    json_write_bool(w, "has_image", profile.has_image);
    json_write_text(w, "identifier", profile_identifier(&profile));
    json_write_text(w, "username", text_or_null(profile.username));
    json_write_bool(w, "banned", false);
    json_write_end(w);
}

/* The deleted event is as full as the others, and has no `deleted`. */
static void write_membership(struct json_writer *w,
                             const struct world_event *event)
{
    const struct world_membership *membership = &event->membership;
    const struct profile_role *role =
        profile_role_of(event->organization, membership);

    json_write_object(w, "data");
    json_write_text(w, "object", "organization_membership");
    write_id(w, "id", "orgmem_", membership->key);
    json_write_text(w, "role", role->role);
    json_write_text(w, "role_name", role->name);
    json_write_raw(w, "permissions", role->permissions);
    json_write_raw(w, "public_metadata",
                   profile_metadata(membership->key,
                                    membership->facets[MEMBERSHIP_METADATA]));
    json_write_raw(w, "private_metadata", "{}");
    json_write_object(w, "organization");
    write_organization_fields(w, event->organization);
    write_counts(w, event->organization);
    json_write_end(w);
    write_public_user_data(w, event->user);
    json_write_number(w, "created_at", membership->created_ms);
    json_write_number(w, "updated_at", membership->updated_ms);
    json_write_end(w);
}

static void (*const writers[EVENT_TYPES])(struct json_writer *,
                                          const struct world_event *) = {
    [USER_CREATED] = write_user,
    [USER_UPDATED] = write_user,
    [USER_DELETED] = write_deleted_user,
    [ORGANIZATION_CREATED] = write_organization,
    [ORGANIZATION_UPDATED] = write_organization,
    [ORGANIZATION_DELETED] = write_deleted_organization,
    [MEMBERSHIP_CREATED] = write_membership,
    [MEMBERSHIP_UPDATED] = write_membership,
    [MEMBERSHIP_DELETED] = write_membership,
};

static void write_attributes(struct json_writer *w,
                             const struct world_event *event)
{
    char address[32];
    unsigned browser = event->key % 4;

    snprintf(address, sizeof(address), "203.0.113.%u",
             (unsigned)(event->key >> 8 & 0xff));
    json_write_object(w, "event_attributes");
    json_write_object(w, "http_request");
    json_write_text(w, "client_ip", browser == 0 ? "" : address);
    json_write_text(w, "user_agent", browsers[browser]);
    json_write_end(w);
    json_write_end(w);
}

void render_event(const struct world_event *event, struct buffer *out)
{
    struct json_writer w;
    bool is_data_first = event->key >> 16 & 1;

    json_writer_init(&w, out);
    json_write_object(&w, NULL);
    if (is_data_first)
        writers[event->type](&w, event);
    write_attributes(&w, event);
    json_write_text(&w, "object", "event");
    json_write_text(&w, "type", event_type_names[event->type]);
    write_id(&w, "instance_id", "ins_", INSTANCE_KEY);
    json_write_number(&w, "timestamp", event->timestamp_ms);
    if (!is_data_first)
        writers[event->type](&w, event);
    json_write_end(&w);
}
