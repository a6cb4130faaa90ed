/* identity - the id of a row is a function of Clerk's id, so that a rebuild
 * from the log gives every row the id it had: UUIDv5 (RFC 9562, section 5.5)
 * in the namespace UUIDv5(DNS, "clerkstream"). */
#pragma once

#include "shared/slice.h"

struct uuid {
    unsigned char bytes[16];
};

struct uuid identity_of(struct slice clerk_id);
struct uuid identity_of_workspace(struct slice clerk_user_id);

/* The first 12 hexadecimal digits, as in a subdomain's suffix. */
#define IDENTITY_SUFFIX_BYTES 13
void identity_suffix(const struct uuid *id, char out[IDENTITY_SUFFIX_BYTES]);
