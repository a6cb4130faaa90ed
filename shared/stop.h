/* stop - SIGTERM and SIGINT become one flag that everybody polls.
 *
 * SIGPIPE is ignored.  Install before the first thread is started. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void stop_install(void);
bool stop_is_asked(void);
/* How long ago, in ms; 0 where it was not. */
int64_t stop_asked_ago_ms(void);
void stop_ask(void);
/* The same, and the program is to end with a failure. */
void stop_ask_failed(void);
bool stop_is_failed(void);
/* Sleep until stop is asked, at most `timeout_ms`; true when it is. */
bool stop_wait(int64_t timeout_ms);
