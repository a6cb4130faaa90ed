/* Events as Clerk sends them, decoded. */
#include "consumer/events/events.h"
#include "tests/unit/decoded.h"

#include "shared/buffer.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define FOLDER "tests/fixtures/events"
#define SUFFIX ".json"
#define EVENT_BYTES_MAX 65536

static struct arena arena;

static struct slice read_fixture(const char *name)
{
    char path[512];
    char *text = arena_bytes(&arena, EVENT_BYTES_MAX);
    size_t size;
    FILE *file;

    snprintf(path, sizeof(path), FOLDER "/%s", name);
    file = fopen(path, "re");
    assert_non_null(file);
    size = fread(text, 1, EVENT_BYTES_MAX, file);
    assert_true(feof(file) && size > 0);
    fclose(file);
    return (struct slice){text, size};
}

static struct event *decode_fixture(const char *name)
{
    const struct record record = {.id = slice_of("msg_1"),
                                  .value = read_fixture(name)};

    return event_of_record(&arena, &record);
}

/* "user.created.old_shape.json" is of the type "user.created". */
static bool is_of_type(const char *name, const char *type)
{
    size_t size = strlen(type);

    return strncmp(name, type, size) == 0 && name[size] == '.';
}

static void a_fixture_is_applied_where_its_type_changes_something(void **state)
{
    DIR *folder = opendir(FOLDER);
    size_t count = 0;

    (void)state;
    assert_non_null(folder);
    for (struct dirent *at = readdir(folder); at != NULL;
         at = readdir(folder)) {
        enum event_fate expected = EVENT_IGNORE;
        struct event *event;
        if (strstr(at->d_name, SUFFIX) == NULL)
            continue;
        for (size_t i = 0; i < event_types_count; i++)
            if (is_of_type(at->d_name, event_types[i].name))
                expected = EVENT_APPLY;
        event = decode_fixture(at->d_name);
        if (event->fate != expected)
            fail_msg("%s: %s", at->d_name, event->refusal.text);
        count++;
    }
    closedir(folder);
    assert_true(count >= 39);
}

static const struct {
    const char *file;
    const char *id, *email, *phone, *username, *last_name;
    int64_t t, created_ms;
} users[] = {
    {"user.created.json", "user_3c8cpMNQatQWDgFTWOSrUjohOSz",
     "ilse.brandvik@lantern.example", "+4755512345", "ilse.brandvik",
     "Brandvik", 1762941780406, 1762941780377},
    {"user.created.old_shape.json", "user_3F12bActsntY7jbiffzIeUw2hdh",
     "mei.varga@lantern.example", NULL, "mei.varga", "Varga", 1655201822301,
     1655201822113},
    {"user.created.phone_only.json", "user_3mxQseyEZAznDKCkq31VlQVMaHv", NULL,
     "+254700555019", "vlqvmahv", NULL, 1762972000031, 1762972000000},
    {"user.created.primary_email_second.json",
     "user_3z5wvGZNoJ1vu8lZYWgXTp6l3Ik", "tomas.okafor@tidewater.example", NULL,
     "tomas.okafor", "Okafor", 1762960000081, 1762960000050},
    {"user.created.seconds.json", "user_3HX0E7dSLCshkHO4S908OkqqnTs", NULL,
     NULL, "8okqqnts", "Y\xc4\xb1ld\xc4\xb1z", 1762950060000, 1762950000000},
    {"user.created.username_only.json", "user_33W2CoDeVXAtGyWkl7YcTqGJXWp",
     NULL, NULL, "otto_the_owl", NULL, 1762971111240, 1762971111222},
    {"user.updated.after_its_timestamp.json",
     "user_3HX0E7dSLCshkHO4S908OkqqnTs", NULL, NULL, "hakan",
     "Y\xc4\xb1ld\xc4\xb1z Demir", 1762950360000, 1762950000000},
    {"user.updated.json", "user_3c8cpMNQatQWDgFTWOSrUjohOSz",
     "ilse.brandvik@lantern.example", "+4755512345", "ilse",
     "Brandvik S\xc3\xb8rlie", 1763028200000, 1762941780377},
    {"user.updated.no_timestamp.json", "user_3F12bActsntY7jbiffzIeUw2hdh",
     "mei.varga@lantern.example", NULL, "mei.varga", "Varga", 1655301822301,
     1655201822113},
};

static void assert_is(struct slice found, const char *expected)
{
    assert_true(slice_is(found, expected));
    assert_int_equal(found.data == NULL, expected == NULL);
}

static void a_user_comes_out_as_a_person_would_read_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        const struct mention *own = &decode_fixture(users[i].file)->mentions[0];
        const struct user_row *row = own->row.user;
        assert_is(row->id, users[i].id);
        assert_is(row->email, users[i].email);
        assert_is(row->phone, users[i].phone);
        assert_is(row->username, users[i].username);
        assert_is(row->last_name, users[i].last_name);
        assert_int_equal(own->version.t, users[i].t);
        assert_int_equal(row->created_at.ms, users[i].created_ms);
    }
}

static const struct {
    const char *file;
    int64_t deleted_ms; /* 0: not told */
} deletions[] = {
    {"user.deleted.json", 1763100000777},
    {"user.deleted.no_timestamp.json", 0},
    {"user.deleted.with_external_id.json", 1763100111000},
};

static void a_deleted_user_is_gone_since_the_envelope_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(deletions) / sizeof(deletions[0]); i++) {
        struct event *event = decode_fixture(deletions[i].file);
        assert_int_equal(event->mention_count, 1);
        assert_int_equal(event->mentions[0].effect, MENTION_DELETED);
        assert_int_equal(event->mentions[0].deleted_at.ms,
                         deletions[i].deleted_ms);
        assert_int_equal(event->mentions[0].deleted_at.state,
                         deletions[i].deleted_ms != 0 ? INSTANT_PRESENT
                                                      : INSTANT_ABSENT);
    }
}

static const struct {
    const char *file;
    const char *slug, *base, *created_by;
} organizations[] = {
    {"organization.created.json", "lantern-street", "lanternstreet",
     "user_3c8cpMNQatQWDgFTWOSrUjohOSz"},
    {"organization.created.reserved_slug.json", "admin", "admin",
     "user_33W2CoDeVXAtGyWkl7YcTqGJXWp"},
    {"organization.created.slug_null.json", NULL, "", NULL},
    {"organization.updated.json", "lantern-grammar", "lanterngrammar",
     "user_3c8cpMNQatQWDgFTWOSrUjohOSz"},
};

static void an_organization_comes_out_likewise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(organizations) / sizeof(organizations[0]);
         i++) {
        const struct organization_row *row =
            decode_fixture(organizations[i].file)->mentions[0].row.organization;
        assert_is(row->slug, organizations[i].slug);
        assert_is(row->base, organizations[i].base);
        assert_is(row->created_by, organizations[i].created_by);
    }
}

static const struct {
    const char *file;
    const char *role, *permissions, *first_name;
    int64_t created_ms;
} memberships[] = {
    {"organizationMembership.created.bare_user.json", "org:member",
     "[\"org:sys_profile:read\", \"org:sys_memberships:read\"]", NULL,
     1762973000000},
    {"organizationMembership.created.custom_role.json", "org:teacher", "[]",
     NULL, 1762972222000},
    {"organizationMembership.created.legacy_role.json", "basic_member", NULL,
     "Mei-Lin", 1655201900000},
};

static void a_membership_comes_out_likewise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(memberships) / sizeof(memberships[0]); i++) {
        struct event *event = decode_fixture(memberships[i].file);
        const struct membership_row *row = event->mentions[0].row.membership;
        assert_int_equal(event->mention_count, EVENT_MENTIONS_MAX);
        assert_is(row->clerk_role, memberships[i].role);
        assert_is(row->permissions, memberships[i].permissions);
        assert_is(event->mentions[2].row.user->first_name,
                  memberships[i].first_name);
        assert_int_equal(row->created_at.ms, memberships[i].created_ms);
    }
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
        cmocka_unit_test(a_fixture_is_applied_where_its_type_changes_something),
        cmocka_unit_test(a_user_comes_out_as_a_person_would_read_it),
        cmocka_unit_test(a_deleted_user_is_gone_since_the_envelope_says),
        cmocka_unit_test(an_organization_comes_out_likewise),
        cmocka_unit_test(a_membership_comes_out_likewise),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
