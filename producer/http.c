#include "producer/http.h"

#include "producer/http_daemon.h"
#include "shared/clock.h"
#include "shared/listener.h"
#include "shared/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define SWEEP_MS 250
#define STOPPING_SWEEP_MS 20
#define FAREWELL_MS 1000      /* for the last answers to be sent */
#define SPARE_DESCRIPTORS 256 /* for Kafka, files, and what is closing */

/* Reports: late ones find their request answered, or gone. */
static void open_mail(struct http_loop *loop)
{
    struct http_mail *next;

    log_hold();
    for (struct http_mail *mail = http_mailbox_take(&loop->mailbox);
         mail != NULL; mail = next) {
        struct http_exchange *ex = (struct http_exchange *)mail;
        next = mail->next;
        ex->request.is_sent = false;
        if (ex->stage == HTTP_STAGE_SUSPENDED) {
            ingest_settle(loop->http->ingest, &ex->request);
            http_exchange_resume(ex);
        }
        http_exchange_release(ex);
    }
    log_flush();
}

static void wait_for_events(struct http_loop *loop)
{
    struct pollfd polls[2 + HTTP_LINGER_MAX] = {
        {loop->epoll_fd, POLLIN, 0}, {loop->mailbox.wake_fd, POLLIN, 0}};
    size_t count = 2 + http_linger_polls(&loop->linger, polls + 2);
    int64_t wait_ms = loop->next_sweep_ms - loop->now_ms;

    if (http_daemon_is_busy(loop))
        wait_ms = 0;
    poll(polls, count, wait_ms > 0 ? (int)wait_ms : 0);
    loop->now_ms = clock_steady_ms();
    if (polls[1].revents != 0)
        open_mail(loop);
}

static void stop_listening(struct http_loop *loop)
{
    close(http_daemon_deafen(loop));
    loop->is_deaf = true;
}

/* Everything is answered, and said or not listened to any more. */
static bool is_finished(const struct http_loop *loop)
{
    int64_t stop_by_ms = atomic_load(&loop->http->stop_by_ms);

    return loop->is_deaf && loop->suspended == 0 &&
           (loop->http->connections.lists[loop->index].first == NULL ||
            loop->now_ms >= stop_by_ms + FAREWELL_MS);
}

static void *run(void *context)
{
    struct http_loop *loop = context;

    while (!is_finished(loop)) {
        wait_for_events(loop);
        if (http_server_is_stopping(loop->http) && !loop->is_deaf)
            stop_listening(loop);
        http_daemon_run(loop);
        if (loop->linger.count > 0)
            http_linger_run(&loop->linger, loop->now_ms);
        if (loop->now_ms >= loop->next_sweep_ms) {
            http_sweep(loop);
            loop->next_sweep_ms =
                loop->now_ms + (loop->is_deaf ? STOPPING_SWEEP_MS : SWEEP_MS);
        }
    }
    http_daemon_stop(loop);
    http_linger_close(&loop->linger);
    return NULL;
}

static int start_loop(struct http_server *http, size_t index, int listen_fd,
                      struct error *err)
{
    struct http_loop *loop = &http->loops[index];
    int fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 0);

    loop->http = http;
    loop->index = index;
    loop->now_ms = clock_steady_ms();
    if (http_daemon_start(loop, fd) != 0)
        return error_set(err, ERROR_AWAY,
                         "PRODUCER_LISTEN: cannot start an HTTP server");
    http_mailbox_open(&loop->mailbox);
    ingest_desk_init(&loop->desk, http->config);
    if (pthread_create(&loop->thread, NULL, run, loop) != 0)
        abort();
    return 0;
}

/* As many connections as there can be descriptors for. */
static int64_t connections_max(const struct config *config)
{
    int64_t spare = SPARE_DESCRIPTORS + config->threads * HTTP_LINGER_MAX;
    rlim_t needed = (rlim_t)(config->connections_max + spare);
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return config->connections_max;
    limit.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= needed)
        return config->connections_max;
    log_warn(log_event("few_descriptors"),
             log_number("allowed", (int64_t)limit.rlim_cur),
             log_number("needed", (int64_t)needed));
    return (int64_t)limit.rlim_cur > 2 * spare ? (int64_t)limit.rlim_cur - spare
                                               : (int64_t)limit.rlim_cur / 2;
}

int http_server_open(const struct config *config, struct ingest *ingest,
                     struct http_server **ret_http, struct error *err)
{
    size_t count = (size_t)config->threads;
    struct http_server *http;
    int fd = listener_open(&config->listen, "PRODUCER_LISTEN", err);
    int result = 0;

    if (fd < 0)
        return -1;
    http = memory_new(sizeof(*http) + count * sizeof(http->loops[0]));
    http->config = config;
    http->ingest = ingest;
    http_connections_init(&http->connections, count, connections_max(config));
    for (; http->count < count && result == 0; http->count++)
        result = start_loop(http, http->count, fd, err);
    close(fd);
    *ret_http = http;
    return result;
}

void http_server_stop(struct http_server *http, int64_t patience_ms)
{
    atomic_store(&http->ingest->is_stopping, true);
    atomic_store(&http->stop_by_ms, clock_steady_ms() + patience_ms);
    for (size_t i = 0; i < http->count; i++)
        http_mailbox_wake(&http->loops[i].mailbox);
}

void http_server_join(struct http_server *http)
{
    for (size_t i = 0; i < http->count; i++)
        pthread_join(http->loops[i].thread, NULL);
}

void http_server_close(struct http_server *http)
{
    for (size_t i = 0; i < http->count; i++) {
        struct http_loop *loop = &http->loops[i];
        open_mail(loop);
        http_mailbox_close(&loop->mailbox);
        ingest_desk_release(&loop->desk);
    }
    http_connections_release(&http->connections);
    free(http);
}
