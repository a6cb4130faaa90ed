#include "producer/http_daemon.h"

#include "shared/clock.h"
#include "shared/memory.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define POOL_BYTES (16 * 1024)      /* per connection: bounds the head */
#define BODIES_BYTES (64LL << 20)   /* of all requests together */
#define DISCARD_BYTES (1024 * 1024) /* bodies read for nothing, at most */
#define ANSWER_BYTES 4096
#define SPARE_CONNECTIONS 64 /* those that are closing already */

static struct http_connection *place_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info->socket_context;
}

static void count_body(struct http_exchange *ex, int64_t bytes)
{
    struct http_server *http = ex->loop->http;

    if (bytes == ex->body_bytes)
        return;
    atomic_fetch_add(&http->body_bytes, bytes - ex->body_bytes);
    metric_add(http->ingest->measure->body_bytes, bytes - ex->body_bytes);
    ex->body_bytes = bytes;
}

static void drop_body(struct http_exchange *ex)
{
    buffer_release(&ex->request.body);
    count_body(ex, 0);
}

void http_exchange_release(struct http_exchange *ex)
{
    if (ex->connection != NULL || ex->request.is_sent)
        return;
    drop_body(ex);
    free(ex);
}

static void on_report(struct request *request)
{
    size_t offset = offsetof(struct http_exchange, request);
    struct http_exchange *ex = (void *)((char *)request - offset);

    http_mailbox_put(&ex->loop->mailbox, &ex->mail);
}

static void suspend(struct http_exchange *ex)
{
    ex->stage = HTTP_STAGE_SUSPENDED;
    drop_body(ex); /* librdkafka has a copy */
    MHD_suspend_connection(ex->connection);
    ex->loop->suspended++;
    metric_add(ex->loop->http->ingest->measure->in_flight, 1);
    http_connection_enter(ex->place, HTTP_WAITING, ex->loop->now_ms);
}

void http_exchange_resume(struct http_exchange *ex)
{
    ingest_finish(ex->loop->http->ingest, &ex->request);
    ex->stage = HTTP_STAGE_DECIDED;
    MHD_resume_connection(ex->connection);
    ex->loop->suspended--;
    metric_add(ex->loop->http->ingest->measure->in_flight, -1);
    http_connection_enter(ex->place, HTTP_ANSWERING, ex->loop->now_ms);
}

void http_exchange_answer_raw(struct http_exchange *ex)
{
    struct buffer answer;

    buffer_init(&answer, ANSWER_BYTES);
    reply_write(&ex->request.reply, ex->request.claim.id, &answer);
    send(ex->place->fd, answer.data, answer.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    buffer_release(&answer);
    ex->stage = HTTP_STAGE_ANSWERED;
}

/* `body` is taken. */
static struct MHD_Response *response_of(const struct http_exchange *ex,
                                        struct buffer *body)
{
    const struct request *request = &ex->request;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body->size, body->data, MHD_RESPMEM_MUST_FREE);
    const struct reply_field *field;
    struct reply_field space;

    if (response == NULL)
        return NULL;
    for (size_t i = 0;
         (field = reply_field_at(&request->reply, i, &space)) != NULL; i++)
        MHD_add_response_header(response, field->name, field->value);
    if (request->must_close || reply_closes(&request->reply) ||
        http_server_is_stopping(ex->loop->http))
        MHD_add_response_header(response, "Connection", "close");
    return response;
}

static enum MHD_Result answer(struct http_exchange *ex)
{
    struct MHD_Response *response;
    struct buffer body;
    enum MHD_Result result;

    buffer_init(&body, ANSWER_BYTES);
    reply_body(&ex->request.reply, ex->request.claim.id, &body);
    response = response_of(ex, &body);
    if (response == NULL)
        return MHD_NO;
    result = MHD_queue_response(ex->connection,
                                reply_status(&ex->request.reply), response);
    MHD_destroy_response(response);
    if (ex->stage != HTTP_STAGE_DECIDED)
        ingest_finish(ex->loop->http->ingest, &ex->request);
    ex->stage = HTTP_STAGE_ANSWERED;
    http_connection_enter(ex->place, HTTP_ANSWERING, ex->loop->now_ms);
    return result;
}

/* The request line, before anything in it was unescaped: a new exchange. */
static void *on_target(void *context, const char *target,
                       struct MHD_Connection *connection)
{
    struct http_loop *loop = context;
    struct http_exchange *ex = memory_new(sizeof(*ex));
    const struct config *config = loop->http->config;

    ex->loop = loop;
    ex->connection = connection;
    ex->place = place_of(connection);
    ex->place->exchange = ex;
    ex->request.started_us = clock_steady_us();
    ex->request.on_report = on_report;
    buffer_init(&ex->request.body, (size_t)config->body_bytes_max);
    head_begin(&ex->request.head, target != NULL ? target : "");
    ingest_route(loop->http->ingest, &ex->request);
    if (ex->place->phase != HTTP_RECEIVING)
        http_connection_enter(ex->place, HTTP_RECEIVING, loop->now_ms);
    return ex;
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind,
                                const char *name, size_t name_size,
                                const char *value, size_t value_size)
{
    (void)kind;
    head_add(context, (struct slice){name, name_size},
             (struct slice){value, value_size});
    return MHD_YES;
}

static enum MHD_Result on_head(struct http_exchange *ex, const char *method,
                               const char *version)
{
    struct request *request = &ex->request;
    struct head *head = &request->head;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        ex->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    ex->head_bytes = info->header_size;
    head_line(head, method, version);
    MHD_get_connection_values_n(ex->connection, MHD_HEADER_KIND, on_field,
                                head);
    head_end(head, method + ex->head_bytes);
    ingest_head(ex->loop->http->ingest, request, method);
    ex->stage = HTTP_STAGE_BODY;
    if (request->reply.outcome != OUTCOME_OPEN &&
        (request->must_close || reply_closes(&request->reply) ||
         head_expects_continue(head) || request->length > DISCARD_BYTES)) {
        request->must_close = true;
        return answer(ex);
    }
    return MHD_YES;
}

static void on_body(struct http_exchange *ex, const char *data, size_t size)
{
    struct request *request = &ex->request;
    struct http_server *http = ex->loop->http;

    if (request->reply.outcome != OUTCOME_OPEN)
        return;
    if (atomic_load(&http->body_bytes) + (int64_t)size > BODIES_BYTES) {
        ingest_give_up(request, OUTCOME_UNAVAILABLE, "too many at once");
        drop_body(ex);
        return;
    }
    buffer_add(&request->body, data, size);
    count_body(ex, (int64_t)request->body.capacity);
}

static enum MHD_Result on_end(struct http_exchange *ex)
{
    struct request *request = &ex->request;

    if (request->reply.outcome == OUTCOME_OPEN)
        ingest_event(ex->loop->http->ingest, &ex->loop->desk, request);
    if (request->reply.outcome != OUTCOME_OPEN)
        return answer(ex);
    suspend(ex);
    return MHD_YES;
}

/* Called with the head, with each piece of the body, at its end, and once more
 * after the connection was resumed. */
static enum MHD_Result on_request(void *context,
                                  struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_size, void **exchange)
{
    struct http_exchange *ex = *exchange;

    (void)context, (void)connection, (void)url;
    switch (ex->stage) {
    case HTTP_STAGE_HEAD:
        return on_head(ex, method, version);
    case HTTP_STAGE_BODY:
        if (*upload_size == 0)
            return on_end(ex);
        on_body(ex, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    case HTTP_STAGE_DECIDED:
        return answer(ex);
    case HTTP_STAGE_SUSPENDED:
    case HTTP_STAGE_ANSWERED:
        break;
    }
    return MHD_NO;
}

static void on_completed(void *context, struct MHD_Connection *connection,
                         void **exchange, enum MHD_RequestTerminationCode code)
{
    struct http_loop *loop = context;
    struct http_exchange *ex = *exchange;

    (void)connection, (void)code;
    /* Resumed, libmicrohttpd reads before it calls us, and where the client has
     * closed its half it gives up the connection with our answer unsaid. */
    if (ex->stage == HTTP_STAGE_DECIDED)
        http_exchange_answer_raw(ex);
    ex->place->consumed += ex->head_bytes + ex->request.length;
    ex->place->exchange = NULL;
    http_connection_enter(ex->place, HTTP_IDLE, loop->now_ms);
    ex->connection = NULL;
    http_exchange_release(ex);
    *exchange = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection,
                          void **place,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_loop *loop = context;
    struct http_server *http = loop->http;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *place = http_connections_add(&http->connections, loop->index,
                                      info->connect_fd, loop->now_ms);
        metric_add(http->ingest->measure->connections, 1);
    } else {
        http_linger_add(&loop->linger, info->connect_fd, loop->now_ms);
        http_connections_remove(&http->connections, loop->index, *place);
        metric_add(http->ingest->measure->connections, -1);
    }
}

/* TURBO: what it closes is not shut down before on_completed could speak. */
static struct MHD_Daemon *start(struct http_loop *loop, int fd)
{
    unsigned limit =
        (unsigned)loop->http->config->connections_max + SPARE_CONNECTIONS;

    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, loop, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, loop,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, loop,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, loop, MHD_OPTION_END);
}

int http_daemon_start(struct http_loop *loop, int listen_fd)
{
    loop->daemon = start(loop, listen_fd);
    if (loop->daemon == NULL)
        return -1;
    loop->epoll_fd =
        MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return 0;
}

bool http_daemon_is_busy(struct http_loop *loop)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    return MHD_get_timeout(loop->daemon, &wait_ms) == MHD_YES && wait_ms == 0;
}

void http_daemon_run(struct http_loop *loop)
{
    MHD_run(loop->daemon);
}

int http_daemon_deafen(struct http_loop *loop)
{
    return MHD_quiesce_daemon(loop->daemon);
}

void http_daemon_stop(struct http_loop *loop)
{
    MHD_stop_daemon(loop->daemon);
}
