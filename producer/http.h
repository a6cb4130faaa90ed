/* http - the public listener: libmicrohttpd, its threads and their deadlines.
 *
 * Each thread runs a daemon of its own on the one listening socket, in external
 * mode: libmicrohttpd's own epoll loop sleeps when exactly 128 events are
 * ready.  A request that waits for Kafka is suspended, not held by a thread.
 * Whatever happens to the report, its answer comes by the ack timeout. */
#pragma once

#include "producer/ingest.h"

struct http_server;

/* Binds, starts the threads; `config` and `ingest` are kept.  -1 with
 * ERROR_AWAY where the address cannot be had. */
int http_server_open(const struct config *config, struct ingest *ingest,
                     struct http_server **ret_http, struct error *err);

/* Begins to stop: no longer listens, closes idle connections, answers what is
 * in flight; with 503 what still waits after `patience_ms`. */
void http_server_stop(struct http_server *http, int64_t patience_ms);
/* Until all is answered. */
void http_server_join(struct http_server *http);

/* After the last report of Kafka. */
void http_server_close(struct http_server *http);
