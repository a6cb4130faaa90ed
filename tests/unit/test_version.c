/* Which of two things said about an entity is the later one. */
#include "consumer/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Ascending.  Each part decides where all before it are equal, whatever the
 * parts behind it say; ids go by their bytes, a prefix before the longer. */
static const struct version ascending[] = {
    {CLASS_GLIMPSE, -5000, RANK_DELETED, 9, {"msg_z", 5}},
    {CLASS_GLIMPSE, 0, RANK_DELETED, 9, {"msg_z", 5}},
    {CLASS_GLIMPSE, 1, RANK_SNAPSHOT, 0, {NULL, 0}},
    {CLASS_GLIMPSE, 1, RANK_SNAPSHOT, 0, {"a", 1}},
    {CLASS_GLIMPSE, INT64_MAX, RANK_DELETED, INT64_MAX, {"z", 1}},
    {CLASS_OWN, INT64_MIN, RANK_SNAPSHOT, INT64_MIN, {"", 0}},
    {CLASS_OWN, 0, RANK_SNAPSHOT, 0, {"", 0}},
    {CLASS_OWN, 1699999999999, RANK_DELETED, 9, {"msg_z", 5}},
    {CLASS_OWN, 1700000000000, RANK_SNAPSHOT, 9, {"msg_z", 5}},
    {CLASS_OWN, 1700000000000, RANK_CREATED, 0, {"msg_z", 5}},
    {CLASS_OWN, 1700000000000, RANK_UPDATED, -1, {"msg_z", 5}},
    {CLASS_OWN, 1700000000000, RANK_UPDATED, 0, {"msg_z", 5}},
    {CLASS_OWN, 1700000000000, RANK_UPDATED, 1, {"msg_A", 5}},
    {CLASS_OWN, 1700000000000, RANK_UPDATED, 1, {"msg_A0", 6}},
    {CLASS_OWN, 1700000000000, RANK_UPDATED, 1, {"msg_a", 5}},
    {CLASS_OWN, 1700000000000, RANK_UPDATED, 1, {"msg_\xc3\xa9", 6}},
    {CLASS_OWN, 1700000000000, RANK_DELETED, 0, {"", 0}},
};
#define VERSIONS (int)(sizeof(ascending) / sizeof(ascending[0]))

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void the_first_part_that_differs_decides(void **state)
{
    (void)state;
    for (int i = 0; i < VERSIONS; i++)
        for (int j = 0; j < VERSIONS; j++)
            if (sign(version_compare(&ascending[i], &ascending[j])) !=
                sign(i - j))
                fail_msg("versions %d and %d are in the wrong order", i, j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_part_that_differs_decides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
