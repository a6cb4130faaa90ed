/* dlq_settle - wait until the ledger says what came of redriven events. */
#pragma once

#include "console/dlq_box.h"

/* Of all letters that are DLQ_RESULT_ON_THE_WAY; those that still are after
 * `timeout_s` stay so, or are DLQ_RESULT_RETRYING.  `is_whole`: why one failed
 * is told with what the database quotes. */
int dlq_settle(struct dlq_box *box, struct dlq_letter *const *letters,
               size_t count, int64_t timeout_s, bool is_whole,
               struct error *err);
