/* held - which registers and rows the database holds, and which of them it
 * should.  What is in the rows is the business of columns.h.
 *
 * In the snapshot that is open. */
#pragma once

#include "console/audit/audit.h"

/* Hold every register against what the log says.  What only the tables know is
 * taken into what is expected. */
int held_compare_registers(struct audit *audit, struct error *err);

/* The same with the keys of all rows; expected_finish() comes before. */
int held_compare_keys(struct audit *audit, struct error *err);
