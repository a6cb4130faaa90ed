/* http_exchange - what the parts of http share: loops and their exchanges.
 *
 * An exchange is one request on one connection, from its first line to its
 * answer; where it was handed to Kafka it lives until the report is in.  Only
 * the thread of its loop touches it, but for the report and the mail. */
#pragma once

#include "producer/http.h"
#include "producer/http_connections.h"
#include "producer/http_linger.h"
#include "producer/http_mailbox.h"

#include <pthread.h>

struct MHD_Connection;
struct MHD_Daemon;

enum http_stage {
    HTTP_STAGE_HEAD,
    HTTP_STAGE_BODY,
    HTTP_STAGE_SUSPENDED,
    HTTP_STAGE_DECIDED,
    HTTP_STAGE_ANSWERED
};

struct http_loop;

struct http_exchange {
    struct http_mail mail; /* first */
    struct request request;
    enum http_stage stage;
    struct http_loop *loop;
    struct http_connection *place;
    struct MHD_Connection *connection; /* NULL: it is over for http */
    size_t head_bytes;
    int64_t body_bytes; /* as counted in http->body_bytes */
};

struct http_loop {
    struct http_server *http;
    size_t index;
    pthread_t thread;
    struct MHD_Daemon *daemon;
    int epoll_fd;
    struct http_mailbox mailbox;
    struct http_linger linger;
    struct ingest_desk desk;
    int64_t now_ms;
    int64_t next_sweep_ms;
    size_t suspended;
    bool is_deaf; /* has stopped listening */
};

struct http_server {
    const struct config *config;
    struct ingest *ingest;
    struct http_connections connections;
    atomic_llong body_bytes; /* in all bodies together */
    atomic_llong stop_by_ms; /* when the last 503 is due; 0: nobody stops */
    size_t count;
    struct http_loop loops[];
};

static inline bool http_server_is_stopping(const struct http_server *http)
{
    return atomic_load(&http->stop_by_ms) != 0;
}

/* Freed when http is done with it and Kafka has reported. */
void http_exchange_release(struct http_exchange *ex);

/* The connection goes on with an answer that is decided; it is told. */
void http_exchange_resume(struct http_exchange *ex);

/* Write a decided answer, told already, past libmicrohttpd, which answers no
 * more. */
void http_exchange_answer_raw(struct http_exchange *ex);

/* Look at every connection of `loop`: who is too slow, who waits too long. */
void http_sweep(struct http_loop *loop);
