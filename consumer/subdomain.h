/* subdomain - which organization has which subdomain.
 *
 * A function of the set of live organizations: of those with one base the
 * earliest (created_at, none = 0, then id) has it, unless it is reserved; the
 * others have a suffix made of their id. */
#pragma once

#include "consumer/identity.h"
#include "shared/arena.h"

#include <stdbool.h>

#define SUBDOMAIN_BASE_MAX 50
#define SUBDOMAIN_TEXT_BYTES 80

/* The slug in ASCII lower case, of which only [a-z0-9] is kept, at most 50
 * characters; empty where nothing is left or there is no slug. */
struct slice subdomain_base(struct slice slug, struct arena *arena);

bool subdomain_is_reserved(struct slice base);

/* "<base>-<suffix>", "org-<suffix>" without a base. */
struct slice subdomain_with_suffix(struct slice base, const struct uuid *id,
                                   struct arena *arena);
