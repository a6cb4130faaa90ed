/* own_id - the id that a row of an entity must have, as text.  Pure. */
#pragma once

#include "shared/slice.h"

#include <stdbool.h>

#define OWN_ID_BYTES 37

void own_id_of(struct slice clerk_id, bool is_workspace,
               char out[OWN_ID_BYTES]);
