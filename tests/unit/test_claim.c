/* Which organization gets which subdomain within a batch. */
#include "consumer/claim.h"

#include "consumer/subdomain.h"
#include "tests/unit/decoded.h"
#include "tests/unit/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;

/* What a batch writes of org_m, created at `created_ms` with base "ab", and the
 * one that is first in line outside of it: who has "ab" then? */
static const struct {
    const char *name;
    int64_t created_ms;
    const char *outside; /* its id; NULL: there is none */
    int64_t outside_ms;
    const char *outside_has; /* its subdomain now */
    bool is_given;           /* to org_m */
    size_t losers, winners;
} rivals[] = {
    {"alone", 9, NULL, 0, NULL, true, 0, 0},
    {"earlier than the holder", 4, "org_a", 5, "ab", true, 1, 0},
    {"later than the holder", 6, "org_z", 5, "ab", false, 0, 0},
    {"as old, the smaller id", 5, "org_z", 5, "ab", true, 1, 0},
    {"as old, the greater id", 5, "org_a", 5, "ab", false, 0, 0},
    {"as old, a prefix of the other id", 5, "org_m1", 5, "ab", true, 1, 0},
    {"no time is the earliest", 0, "org_a", 1, "ab", true, 1, 0},
    {"nor can one before 1970 be beaten", 0, "org_z", -1, "ab", false, 0, 0},
    {"the next in line gets what is freed", 6, "org_a", 5, "ab-1", false, 0, 1},
    {"the next in line stays what it is", 4, "org_a", 5, "ab-1", true, 0, 0},
    {"one whose row has none", 6, "org_a", 5, NULL, false, 0, 1},
};

static void the_earliest_has_the_base(void **state)
{
    struct slice base = slice_of("ab");

    (void)state;
    for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++) {
        struct entity_register reg = {.id = slice_of("org_m"),
                                      .created_ms = rivals[i].created_ms,
                                      .base = base};
        struct organization_write org = {&reg, identity_of(reg.id), SLICE_EMPTY,
                                         SLICE_EMPTY};
        struct rows rows = {.organizations = &org,
                            .organizations_count = 1,
                            .bases = &base,
                            .bases_count = 1};
        const struct claim claim = {base, slice_of(rivals[i].outside),
                                    rivals[i].outside_ms,
                                    slice_of(rivals[i].outside_has)};
        claim_subdomains(&rows, &claim, rivals[i].outside != NULL, &arena);
        if (slice_equal(org.subdomain, base) != rivals[i].is_given ||
            rows.losers_count != rivals[i].losers ||
            rows.winners_count != rivals[i].winners)
            fail_msg("%s: not so", rivals[i].name);
        assert_true(slice_starts_with(org.interim, "ab-"));
        if (!rivals[i].is_given)
            assert_true(slice_equal(org.subdomain, org.interim));
    }
}

static void who_loses_gets_a_suffix_and_who_wins_the_base(void **state)
{
    struct slice bases[] = {slice_of("ab"), slice_of("cd")};
    struct entity_register reg = {
        .id = slice_of("org_m"), .created_ms = 1, .base = bases[0]};
    struct organization_write org = {&reg, identity_of(reg.id), SLICE_EMPTY,
                                     SLICE_EMPTY};
    struct rows rows = {.organizations = &org,
                        .organizations_count = 1,
                        .bases = bases,
                        .bases_count = 2};
    const struct claim claims[] = {
        {bases[1], slice_of("org_b"), 5, slice_of("cd-123456789012")},
        {bases[0], slice_of("org_a"), 5, bases[0]}};
    struct uuid loser = identity_of(slice_of("org_a"));
    struct uuid winner = identity_of(slice_of("org_b"));

    (void)state;
    claim_subdomains(&rows, claims, 2, &arena);
    assert_int_equal(rows.losers_count, 1);
    assert_true(uuid_equal(rows.losers[0].organization_id, loser));
    assert_true(slice_equal(rows.losers[0].subdomain,
                            subdomain_with_suffix(bases[0], &loser, &arena)));
    assert_int_equal(rows.winners_count, 1);
    assert_true(uuid_equal(rows.winners[0].organization_id, winner));
    assert_true(slice_is(rows.winners[0].subdomain, "cd"));
}

#define ORG(id, slug, created)                                                 \
    "{'type':'organization.updated','data':{'id':'" id "','slug':" slug        \
    ",'created_at':" created ",'updated_at':" created "}}"
#define RENAMED(id, slug, created)                                             \
    "{'type':'organization.updated','data':{'id':'" id "','slug':" slug        \
    ",'created_at':" created ",'updated_at':99}}"
#define ORG_GONE(id) "{'type':'organization.deleted','data':{'id':'" id "'}}"

#define BATCH_MAX 4

/* Two batches, then whose the subdomains are: those of org_a, org_b and org_c;
 * "*" stands for its own suffix. */
static const struct {
    const char *name;
    const char *batches[2][BATCH_MAX];
    const char *expected[3];
} histories[] = {
    {"two of one batch",
     {{ORG("org_a", "'AB'", "5"), ORG("org_b", "'a-b'", "4")}},
     {"ab-*", "ab", NULL}},
    {"an earlier one comes later",
     {{ORG("org_a", "'ab'", "5")}, {ORG("org_b", "'ab'", "4")}},
     {"ab-*", "ab", NULL}},
    {"a reserved name is nobody's",
     {{ORG("org_a", "'admin'", "5")}, {ORG("org_b", "'Ad min'", "4")}},
     {"admin-*", "admin-*", NULL}},
    {"nothing left of the slug",
     {{ORG("org_a", "'-'", "5")}, {ORG("org_b", "null", "4")}},
     {"org-*", "org-*", NULL}},
    {"a deletion frees the name for the next in line",
     {{ORG("org_a", "'ab'", "1"), ORG("org_b", "'ab'", "3"),
       ORG("org_c", "'ab'", "2")},
      {ORG_GONE("org_a")}},
     {NULL, "ab-*", "ab"}},
    {"so does another slug",
     {{ORG("org_a", "'ab'", "1"), ORG("org_b", "'ab'", "3"),
       ORG("org_c", "'ab'", "2")},
      {RENAMED("org_a", "'cd'", "1")}},
     {"cd", "ab-*", "ab"}},
    {"two change places",
     {{ORG("org_a", "'ab'", "1"), ORG("org_b", "'cd'", "2")},
      {RENAMED("org_a", "'cd'", "1"), RENAMED("org_b", "'ab'", "2")}},
     {"cd", "ab", NULL}},
    {"three in a ring",
     {{ORG("org_a", "'ab'", "1"), ORG("org_b", "'cd'", "2"),
       ORG("org_c", "'ef'", "3")},
      {RENAMED("org_a", "'cd'", "1"), RENAMED("org_b", "'ef'", "2"),
       RENAMED("org_c", "'ab'", "3")}},
     {"cd", "ef", "ab"}},
    {"one takes a name and frees another",
     {{ORG("org_a", "'ab'", "1"), ORG("org_b", "'cd'", "2"),
       ORG("org_c", "'ab'", "3")},
      {RENAMED("org_a", "'cd'", "1")}},
     {"cd", "cd-*", "ab"}},
    {"freed and gone in one batch",
     {{ORG("org_a", "'ab'", "1"), ORG("org_b", "'ab'", "2"),
       ORG("org_c", "'ab'", "3")},
      {ORG_GONE("org_a"), RENAMED("org_b", "'cd'", "2")}},
     {NULL, "cd", "ab"}},
    {"renamed, then deleted, in one batch",
     {{ORG("org_a", "'ab'", "1"), ORG("org_b", "'ab'", "2")},
      {RENAMED("org_a", "'cd'", "1"), ORG_GONE("org_a")}},
     {NULL, "ab", NULL}},
    {"a new one with the name that is freed beside it",
     {{ORG("org_a", "'ab'", "1"), ORG("org_c", "'ab'", "3")},
      {ORG_GONE("org_a"), ORG("org_b", "'ab'", "2")}},
     {NULL, "ab", "ab-*"}},
};

static void assert_subdomain(const char *name, struct tables *t, int index,
                             const char *expected)
{
    const char *const ids[] = {"org_a", "org_b", "org_c"};
    const struct organization_line *org =
        line_find(t->organizations, t->organizations_count, sizeof(*org),
                  slice_of(ids[index]));
    char wanted[SUBDOMAIN_TEXT_BYTES], suffix[IDENTITY_SUFFIX_BYTES] = "";
    size_t size;

    if (org == NULL || expected == NULL) {
        assert_true(org == NULL && expected == NULL);
        return;
    }
    size = strcspn(expected, "*");
    if (expected[size] == '*')
        identity_suffix(&org->key.uuid, suffix);
    snprintf(wanted, sizeof(wanted), "%.*s%s", (int)size, expected, suffix);
    if (!slice_is(org->subdomain, wanted))
        fail_msg("%s: %s has %.*s, not %s", name, ids[index],
                 SLICE_PRINT(org->subdomain), wanted);
}

static void a_name_goes_to_the_next_and_no_two_ever_have_it(void **state)
{
    static struct tables t;

    (void)state;
    for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
        memset(&t, 0, sizeof(t));
        for (int b = 0; b < 2; b++) {
            struct event *events[BATCH_MAX];
            size_t count = 0;
            while (count < BATCH_MAX &&
                   histories[i].batches[b][count] != NULL) {
                events[count] =
                    event_of(&arena, "msg_1", histories[i].batches[b][count]);
                count++;
            }
            tables_apply(&t, events, count, &arena);
            if (t.violation != NULL)
                fail_msg("%s: %s", histories[i].name, t.violation);
        }
        for (int org = 0; org < 3; org++)
            assert_subdomain(histories[i].name, &t, org,
                             histories[i].expected[org]);
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
        cmocka_unit_test(the_earliest_has_the_base),
        cmocka_unit_test(who_loses_gets_a_suffix_and_who_wins_the_base),
        cmocka_unit_test(a_name_goes_to_the_next_and_no_two_ever_have_it),
    };

    return cmocka_run_group_tests(tests, NULL, forget);
}
