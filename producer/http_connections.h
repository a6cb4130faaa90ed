/* http_connections - who is connected, since when, and who gives way.
 *
 * Each thread has a list of its own connections and reads it without a lock;
 * others look into it, under its lock, only to find the longest idle one when
 * there are too many.  Closing here means shutdown(): the thread that owns the
 * connection notices and frees it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_phase {
    HTTP_IDLE,      /* between requests */
    HTTP_RECEIVING, /* a request has begun */
    HTTP_WAITING,   /* for Kafka */
    HTTP_ANSWERING,
    HTTP_CLOSING
};

struct http_connection {
    struct http_connection *next;
    struct http_connection *previous;
    int fd;
    _Atomic int phase;
    _Atomic int64_t since_ms; /* of the phase */
    uint64_t consumed;        /* bytes of all requests that are over */
    void *exchange;           /* what is under way; http's */
};

struct http_list {
    pthread_mutex_t lock;
    struct http_connection *first;
};

struct http_connections {
    struct http_list *lists;
    size_t count;      /* of lists */
    int64_t live_max;  /* more, and one gives way */
    atomic_llong live; /* those not closing */
};

void http_connections_init(struct http_connections *all, size_t lists,
                           int64_t live_max);
void http_connections_release(struct http_connections *all);

/* A new connection of list `list`; where there are too many the longest idle
 * of all is closed, else one half-sent, else this one. */
struct http_connection *http_connections_add(struct http_connections *all,
                                             size_t list, int fd,
                                             int64_t now_ms);
void http_connections_remove(struct http_connections *all, size_t list,
                             struct http_connection *connection);

void http_connection_enter(struct http_connection *connection,
                           enum http_phase phase, int64_t now_ms);
/* Ends both directions; false where that was done before. */
bool http_connection_close(struct http_connections *all,
                           struct http_connection *connection);
/* Whether more has come than the requests that are over; the client's end of
 * the stream counts too. */
bool http_connection_has_begun(const struct http_connection *connection);
/* Whether the client has ended its half, and all of it was read. */
bool http_connection_is_over(const struct http_connection *connection);
