/* Clerk's role names to ours. */
#include "consumer/role_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define PAIRS_MAX 6

static struct role_map map_of(char *const *pairs, struct option_list *list)
{
    struct role_map map;
    struct error err;

    *list = (struct option_list){.items = (char **)pairs};
    while (list->count < PAIRS_MAX && pairs[list->count] != NULL)
        list->count++;
    assert_int_equal(role_map_init(&map, list, &err), 0);
    return map;
}

static char standard[][40] = {"org:admin=SUPER_ADMIN", "org:teacher=TEACHER",
                              "org:member=STUDENT", "admin=SUPER_ADMIN",
                              "basic_member=STUDENT"};

static void the_default_maps_clerks_roles_and_the_legacy_ones(void **state)
{
    static const struct {
        const char *clerk_role;
        const char *role;
    } roles[] = {
        {"org:admin", "SUPER_ADMIN"},
        {"org:teacher", "TEACHER"},
        {"org:member", "STUDENT"},
        {"admin", "SUPER_ADMIN"},
        {"basic_member", "STUDENT"},
        {"org:owner", "STUDENT"},
        {"ORG:ADMIN", "STUDENT"},
        {"org:admin ", "STUDENT"},
        {"org:admi", "STUDENT"},
        {"org:admin=SUPER_ADMIN", "STUDENT"},
        {"", "STUDENT"},
        {NULL, "STUDENT"},
    };
    char *pairs[PAIRS_MAX] = {NULL};
    char together[256] = "";
    size_t used = 0;
    struct option_list list;
    struct role_map map;

    (void)state;
    for (int i = 0; i < 5; i++) {
        pairs[i] = standard[i];
        used += (size_t)snprintf(together + used, sizeof(together) - used,
                                 "%s%s", i > 0 ? "," : "", standard[i]);
    }
    assert_string_equal(together, ROLE_MAP_DEFAULT);
    map = map_of(pairs, &list);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        assert_string_equal(role_map_find(&map, slice_of(roles[i].clerk_role)),
                            roles[i].role);
}

static void the_last_sign_of_a_pair_divides_it(void **state)
{
    char one[] = "org:a=b=TEACHER", two[] = " org:c\t= SUPER_ADMIN ";
    char *pairs[PAIRS_MAX] = {one, two};
    struct option_list list;
    struct role_map map = map_of(pairs, &list);

    (void)state;
    assert_string_equal(role_map_find(&map, slice_of("org:a=b")), "TEACHER");
    assert_string_equal(role_map_find(&map, slice_of("org:a")), "STUDENT");
    assert_string_equal(role_map_find(&map, slice_of("org:c")), "SUPER_ADMIN");
}

static void without_pairs_everybody_is_a_student(void **state)
{
    char *pairs[PAIRS_MAX] = {NULL};
    struct option_list list;
    struct role_map map = map_of(pairs, &list);

    (void)state;
    assert_string_equal(role_map_find(&map, slice_of("org:admin")), "STUDENT");
}

static void a_pair_that_is_none_is_named(void **state)
{
    char wrong[][32] = {"org:admin",
                        "=TEACHER",
                        "org:admin=",
                        "org:admin=teacher",
                        "org:admin=TEACHER2",
                        "org:admin:TEACHER",
                        "TEACHER"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *items[] = {standard[0], wrong[i]};
        const struct option_list list = {items, 2};
        struct role_map map;
        struct error err = {ERROR_NONE, ""};
        assert_int_equal(role_map_init(&map, &list, &err), -1);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.text, "CONSUMER_ROLE_MAP: given \""));
        assert_non_null(strstr(err.text, wrong[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_maps_clerks_roles_and_the_legacy_ones),
        cmocka_unit_test(the_last_sign_of_a_pair_divides_it),
        cmocka_unit_test(without_pairs_everybody_is_a_student),
        cmocka_unit_test(a_pair_that_is_none_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
