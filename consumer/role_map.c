#include "consumer/role_map.h"

static const char *const roles[] = {"SUPER_ADMIN", "TEACHER", "STUDENT"};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

static const char *role_of(const char *pair)
{
    const char *equals = strrchr(pair, '=');

    for (size_t i = 0; i < ROLES && equals != NULL && equals > pair; i++)
        if (slice_is(slice_trim(slice_of(equals + 1)), roles[i]))
            return roles[i];
    return NULL;
}

int role_map_init(struct role_map *map, const struct option_list *pairs,
                  struct error *err)
{
    map->pairs = *pairs;
    for (size_t i = 0; i < pairs->count; i++)
        if (role_of(pairs->items[i]) == NULL)
            return error_set(err, ERROR_INPUT,
                             "CONSUMER_ROLE_MAP: given \"%s\", allowed is "
                             "clerk_role=ROLE with SUPER_ADMIN, TEACHER or "
                             "STUDENT",
                             pairs->items[i]);
    return 0;
}

const char *role_map_find(const struct role_map *map, struct slice clerk_role)
{
    for (size_t i = 0; i < map->pairs.count; i++) {
        const char *pair = map->pairs.items[i];
        struct slice name = {pair, (size_t)(strrchr(pair, '=') - pair)};
        if (clerk_role.data != NULL &&
            slice_equal(slice_trim(name), clerk_role))
            return role_of(pair);
    }
    return "STUDENT";
}
