#include "producer/http_exchange.h"

#include <sys/socket.h>

#define IDLE_MS 65000
#define REFUSED_MS 500 /* for the body of a request that is refused anyway */
#define OVER_MS 500    /* for libmicrohttpd to make a request of what it has */

static void give_up(struct http_exchange *ex, const char *reason)
{
    ingest_give_up(&ex->request, OUTCOME_UNAVAILABLE, reason);
    http_exchange_resume(ex);
}

static bool is_refused(const struct http_connection *connection)
{
    const struct http_exchange *ex = connection->exchange;

    return ex != NULL && ex->request.reply.outcome != OUTCOME_OPEN;
}

/* A request line that is not even complete has no exchange yet. */
static void cut_off(struct http_loop *loop, struct http_connection *connection)
{
    struct http_exchange unborn = {.loop = loop, .place = connection};
    struct http_exchange *ex = connection->exchange;

    if (ex == NULL) {
        ex = &unborn;
        ex->request.started_us = connection->since_ms * 1000;
    }
    if (!is_refused(connection))
        ingest_give_up(&ex->request, OUTCOME_TOO_SLOW, NULL);
    ingest_finish(loop->http->ingest, &ex->request);
    http_exchange_answer_raw(ex);
    http_connection_close(&loop->http->connections, connection);
}

static void sweep_receiving(struct http_loop *loop,
                            struct http_connection *connection, int64_t age_ms)
{
    int64_t patience_ms = loop->http->config->request_timeout_ms;

    /* libmicrohttpd may overlook an end that came with the last bytes. */
    if (age_ms >= OVER_MS && http_connection_is_over(connection)) {
        http_connection_close(&loop->http->connections, connection);
        return;
    }
    if (is_refused(connection) && patience_ms > REFUSED_MS)
        patience_ms = REFUSED_MS;
    if (age_ms >= patience_ms)
        cut_off(loop, connection);
    else if (http_server_is_stopping(loop->http))
        shutdown(connection->fd, SHUT_RD); /* what is here is still read */
}

static void sweep_idle(struct http_loop *loop,
                       struct http_connection *connection, int64_t age_ms)
{
    if (http_connection_has_begun(connection))
        http_connection_enter(connection, HTTP_RECEIVING, loop->now_ms);
    else if (http_server_is_stopping(loop->http))
        shutdown(connection->fd, SHUT_RD);
    else if (age_ms >= IDLE_MS)
        http_connection_close(&loop->http->connections, connection);
}

/* By the exchange, not the phase: a connection that is closing waits too. */
static bool is_waiting(const struct http_connection *connection)
{
    const struct http_exchange *ex = connection->exchange;

    return ex != NULL && ex->stage == HTTP_STAGE_SUSPENDED;
}

static void sweep_waiting(struct http_loop *loop,
                          struct http_connection *connection, int64_t age_ms)
{
    int64_t stop_by_ms = atomic_load(&loop->http->stop_by_ms);

    if (stop_by_ms != 0 && loop->now_ms >= stop_by_ms)
        give_up(connection->exchange, "shutting down");
    else if (age_ms >= loop->http->config->ack_timeout_ms)
        give_up(connection->exchange, NULL);
}

static void sweep_one(struct http_loop *loop,
                      struct http_connection *connection)
{
    int64_t age_ms = loop->now_ms - connection->since_ms;

    if (is_waiting(connection)) {
        sweep_waiting(loop, connection, age_ms);
        return;
    }
    switch ((enum http_phase)connection->phase) {
    case HTTP_IDLE:
        sweep_idle(loop, connection, age_ms);
        break;
    case HTTP_RECEIVING:
        sweep_receiving(loop, connection, age_ms);
        break;
    case HTTP_ANSWERING: /* who does not read is no longer waited for */
        if (age_ms >= loop->http->config->request_timeout_ms)
            http_connection_close(&loop->http->connections, connection);
        break;
    case HTTP_WAITING:
    case HTTP_CLOSING:
        break;
    }
}

void http_sweep(struct http_loop *loop)
{
    struct http_list *own = &loop->http->connections.lists[loop->index];
    struct http_connection *next;

    for (struct http_connection *at = own->first; at != NULL; at = next) {
        next = at->next;
        sweep_one(loop, at);
    }
}
