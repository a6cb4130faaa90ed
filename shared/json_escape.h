/* json_escape - what stands behind a backslash inside a JSON string. */
#pragma once

#include "shared/arena.h"
#include "shared/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether "\uXXXX" stands at `at`. */
bool json_is_unicode(const char *at, size_t size);

/* The code point that the \u escape at `at` stands for, and how many bytes it
 * takes (12 for a pair of surrogates); -1 for NUL and for a surrogate without
 * its other half. */
int32_t json_unicode(const char *at, size_t size, size_t *ret_size);

/* The characters of a string whose escapes are well formed, in `arena`: never
 * more bytes than the raw text.  False where one of them stands for NUL or half
 * a surrogate. */
bool json_unescape(struct slice raw, struct arena *arena,
                   struct slice *ret_text);
