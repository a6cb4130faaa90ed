/* moment - times and durations as people and programs write them.
 *
 * A time is RFC 3339 and has its zone; a duration is ISO 8601 with fixed
 * lengths (PT1H, P1DT12H, P2W: no years or months) or one number with its unit
 * (90d, 12h, 30m, 45s, 2w).  Milliseconds; finer digits are cut. */
#pragma once

#include "shared/buffer.h"

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_DURATION_MAX_MS 315360000000000 /* 10 000 years of 365 days */

/* False where `text` is something else; a day that no calendar has, too. */
bool moment_parse_time(const char *text, int64_t *ret_ms);
bool moment_parse_duration(const char *text, int64_t *ret_ms);

/* "0.412 s", "17 s", "3 min", "5 h", "12 d": two figures are enough to judge
 * how bad it is. */
#define MOMENT_AGE_BYTES 32
void moment_format_age(int64_t ms, char out[MOMENT_AGE_BYTES]);
