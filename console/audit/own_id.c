#include "console/audit/own_id.h"

#include "consumer/identity.h"

#include <stdio.h>

void own_id_of(struct slice clerk_id, bool is_workspace, char out[OWN_ID_BYTES])
{
    struct uuid id =
        is_workspace ? identity_of_workspace(clerk_id) : identity_of(clerk_id);

    for (size_t i = 0, at = 0; i < sizeof(id.bytes); i++) {
        bool is_group = i == 4 || i == 6 || i == 8 || i == 10;
        at += (size_t)snprintf(out + at, OWN_ID_BYTES - at,
                               is_group ? "-%02x" : "%02x", id.bytes[i]);
    }
}
