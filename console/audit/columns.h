/* columns - what is in the rows that are there, held against what must be.
 *
 * The database compares: it is sent what the consumer would write
 * (consumer/bind.h), so that two values differ only where they would be stored
 * differently.  In the snapshot that is open. */
#pragma once

#include "console/audit/audit.h"

int columns_compare(struct audit *audit, struct error *err);
