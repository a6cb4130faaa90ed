/* terminal - who reads what we print: a person, or a file.
 *
 * The only file that asks (isatty, NO_COLOR, the window's size).  Output is
 * standard output; how far a long command has come is told on standard error:
 * a bar that moves on a terminal, else a line now and then. */
#pragma once

#include "console/progress_bar.h"
#include "shared/buffer.h"
#include "shared/error.h"

#include <stdbool.h>

/* Standard output is a terminal, and NO_COLOR is not set (or empty). */
bool terminal_has_colours(void);

/* Print and empty the buffer; -1 where it cannot be written, or was full. */
int terminal_print(struct buffer *text, struct error *err);

/* Ask on the terminal whether to go on: 0 where the answer is yes.  -1: no
 * (ERROR_ACCESS), or there is nobody to ask (ERROR_INPUT: --yes is needed). */
int terminal_confirm(const char *question, struct error *err);

/* Draws where it is time to; call it as often as you like. */
void terminal_progress(struct progress_bar *bar);
/* The last word on it. */
void terminal_progress_end(struct progress_bar *bar);
/* The same, unless it was over before anything was shown. */
void terminal_progress_end_if_long(struct progress_bar *bar);
