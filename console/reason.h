/* reason - why an event was not applied, as anybody may see it.
 *
 * What the database says may quote a value of the row, or be the text of an
 * application's trigger: of it only the SQLSTATE and the name of the constraint
 * are shown.  Our own texts hold no data and are shown whole.  Pure. */
#pragma once

#include "shared/buffer.h"

/* Add `text` (last_error of the ledger, or a dead letter's exception message)
 * without what the database quotes; `is_whole`: with it. */
void reason_add_shown(struct buffer *out, struct slice text, bool is_whole);
