/* completion - the table of commands as a script that completes them in bash.
 *
 * It asks nobody and needs no other script: commands, flags and the values of
 * those flags that have a few.  A value that is called PATH is a file's. */
#pragma once

#include "shared/buffer.h"

void completion_bash(struct buffer *out);
