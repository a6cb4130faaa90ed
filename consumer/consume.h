/* consume - the path of an event through the consumer: read this first.
 *
 * poll → decode → guard → apply (one transaction) → settle (store the offsets).
 * What a failure means is one table; see verdict_of() in the file. */
#pragma once

#include "consumer/worker.h"

/* Run a worker until stop is asked.  A thread's function: takes the worker. */
void *consume(void *worker);
