/* http_daemon - libmicrohttpd: the only file that knows it.
 *
 * One daemon for each loop, in external mode: it has no thread and sleeps
 * nowhere, for its own epoll loop sleeps when exactly 128 events are ready.
 * Its callbacks turn requests into exchanges.  All on the loop's thread. */
#pragma once

#include "producer/http_exchange.h"

/* Sets loop->daemon and loop->epoll_fd; `listen_fd` is taken.  -1: it could
 * not be started. */
int http_daemon_start(struct http_loop *loop, int listen_fd);

/* There is work already: do not wait for epoll_fd. */
bool http_daemon_is_busy(struct http_loop *loop);
/* Whatever can be done without waiting. */
void http_daemon_run(struct http_loop *loop);

/* Listens no more; returns the listening socket, the caller's to close. */
int http_daemon_deafen(struct http_loop *loop);
/* Nothing may be suspended. */
void http_daemon_stop(struct http_loop *loop);
