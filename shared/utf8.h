/* utf8 - what is well-formed UTF-8 (Unicode, table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
#pragma once

#include "shared/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at `data` (1 to 4), 0 where none begins there. */
size_t utf8_size_at(const char *data, size_t size_bytes);

bool utf8_is_valid(struct slice text);

/* Write a code point (not a surrogate) into `out`; returns its bytes. */
size_t utf8_encode(uint32_t code_point, char out[4]);
