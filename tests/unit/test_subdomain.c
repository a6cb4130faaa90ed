/* What is left of a slug, and what nobody gets. */
#include "consumer/subdomain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define TEN "0123456789"

static const struct {
    const char *slug;
    const char *base;
} slugs[] = {
    {"lantern-street", "lanternstreet"},
    {"ACME", "acme"},
    {"a_b.c d/e", "abcde"},
    {"", ""},
    {NULL, ""},
    {"---", ""},
    {"\xc3\xa9\xc3\x89", ""},
    {"\xe2\x84\xaa"
     "elvin",
     "elvin"}, /* the sign for Kelvin is no K */
    {"\xc4\xb0stanbul", "stanbul"},
    {"@[`{", ""}, /* what stands beside A, Z, a and z */
    {"/0:9", "09"},
    {"az AZ 09", "azaz09"},
    {TEN TEN TEN TEN TEN, TEN TEN TEN TEN TEN},
    {TEN TEN TEN TEN TEN "x", TEN TEN TEN TEN TEN},
    {"--" TEN "-" TEN "-" TEN TEN "-" TEN "xyz", TEN TEN TEN TEN TEN},
};

static void a_base_is_small_letters_and_digits_of_the_slug(void **state)
{
    struct arena arena = {NULL};

    (void)state;
    for (size_t i = 0; i < sizeof(slugs) / sizeof(slugs[0]); i++) {
        struct slice base = subdomain_base(slice_of(slugs[i].slug), &arena);
        if (!slice_is(base, slugs[i].base))
            fail_msg("%s: %.*s", slugs[i].slug, SLICE_PRINT(base));
        assert_non_null(base.data); /* an empty base is no missing one */
    }
    arena_release(&arena);
}

/* The list of the design, section 5, rule 7. */
static const char reserved[] =
    "www api app admin mail smtp imap ftp ns dns cdn static assets img blog "
    "docs help support status dashboard console auth login signup account "
    "accounts billing test staging dev ";

static void the_names_of_the_design_are_reserved_and_no_others(void **state)
{
    const char *const free_names[] = {"",       "ww",    "wwww",   "WWW",
                                      "apis",   "ap",    "admin1", "devs",
                                      "accoun", "tests", "lantern"};
    size_t count = 0;

    (void)state;
    for (const char *at = reserved; *at != '\0'; at++) {
        size_t size = strcspn(at, " ");
        assert_true(subdomain_is_reserved((struct slice){at, size}));
        at += size;
        count++;
    }
    assert_int_equal(count, 30);
    for (size_t i = 0; i < sizeof(free_names) / sizeof(free_names[0]); i++)
        assert_false(subdomain_is_reserved(slice_of(free_names[i])));
}

static void a_suffix_is_the_begin_of_the_id(void **state)
{
    const struct uuid id = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd}};
    struct arena arena = {NULL};

    (void)state;
    assert_true(slice_is(subdomain_with_suffix(slice_of("acme"), &id, &arena),
                         "acme-0123456789ab"));
    assert_true(slice_is(subdomain_with_suffix(SLICE_EMPTY, &id, &arena),
                         "org-0123456789ab"));
    assert_true(slice_is(
        subdomain_with_suffix(slice_of(TEN TEN TEN TEN TEN), &id, &arena),
        TEN TEN TEN TEN TEN "-0123456789ab"));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_base_is_small_letters_and_digits_of_the_slug),
        cmocka_unit_test(the_names_of_the_design_are_reserved_and_no_others),
        cmocka_unit_test(a_suffix_is_the_begin_of_the_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
