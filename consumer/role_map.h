/* role_map - Clerk's role names to ours (CONSUMER_ROLE_MAP). */
#pragma once

#include "shared/error.h"
#include "shared/option.h"
#include "shared/slice.h"

#define ROLE_MAP_DEFAULT                                                       \
    "org:admin=SUPER_ADMIN,org:teacher=TEACHER,org:member=STUDENT,"            \
    "admin=SUPER_ADMIN,basic_member=STUDENT"

struct role_map {
    struct option_list pairs; /* "clerk role=OURS"; borrowed */
};

/* `pairs` is kept.  -1 with ERROR_INPUT where one is not "name=ROLE" with one
 * of SUPER_ADMIN, TEACHER and STUDENT. */
int role_map_init(struct role_map *map, const struct option_list *pairs,
                  struct error *err);

/* STUDENT where the role is unknown or NULL. */
const char *role_map_find(const struct role_map *map, struct slice clerk_role);
