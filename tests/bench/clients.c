#include "tests/bench/clients.h"

#include "shared/clock.h"
#include "shared/memory.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX 2048
#define LAST_ANSWERS_US 3000000 /* how long to wait for them at the end */
#define EVENTS_MAX 64

struct client {
    int fd;
    bool is_busy;
    int64_t due_us;    /* of the request that it carries */
    struct slice rest; /* of it, not yet sent */
    char answer[ANSWER_BYTES_MAX];
    size_t answer_size;
};

struct clients {
    const struct clients_plan *plan;
    const struct requests *requests;
    struct clients_result *result;
    struct client *clients;
    unsigned *idle; /* indexes; a stack */
    unsigned idle_count;
    int epoll_fd;
    int64_t start_us;
    int64_t start_wall_us;
    int64_t end_us;
};

static int connect_client(struct clients *all, unsigned index,
                          struct error *err)
{
    const struct sockaddr_in *address = &all->plan->address;
    struct client *client = &all->clients[index];
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
    int one = 1;

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (const struct sockaddr *)address,
                                  sizeof(*address)) != 0)
        return error_set(err, ERROR_AWAY, "connect: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    epoll_ctl(all->epoll_fd, EPOLL_CTL_ADD, client->fd, &event);
    return 0;
}

static void send_rest(struct clients *all, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN,
                                .data.u32 = (uint32_t)(client - all->clients)};
    ssize_t sent = send(client->fd, client->rest.data, client->rest.size,
                        MSG_DONTWAIT | MSG_NOSIGNAL);
    bool was_whole = sent >= 0 && (size_t)sent == client->rest.size;

    if (sent > 0) {
        client->rest.data += sent;
        client->rest.size -= (size_t)sent;
    }
    if (was_whole)
        return;
    event.events |= client->rest.size > 0 ? EPOLLOUT : 0;
    epoll_ctl(all->epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

static void post(struct clients *all, unsigned index, int64_t due_us)
{
    struct client *client = &all->clients[index];
    uint64_t number = all->result->sent++;

    if (all->plan->due_wall_us != NULL && number < all->requests->count)
        all->plan->due_wall_us[number] =
            all->start_wall_us + (due_us - all->start_us);
    client->is_busy = true;
    client->due_us = due_us;
    client->answer_size = 0;
    client->rest = all->requests->items[number % all->requests->count].bytes;
    send_rest(all, client);
}

/* The size of the whole answer that begins here; 0: not all of it came. */
static size_t answer_end(const struct client *client)
{
    static const char length_name[] = "content-length:";
    const char *body = strstr(client->answer, "\r\n\r\n");
    const char *length;
    size_t size;

    if (body == NULL)
        return 0;
    length = strcasestr(client->answer, length_name);
    if (length == NULL || length > body)
        return 0;
    size = (size_t)(body - client->answer) + 4 +
           strtoul(length + sizeof(length_name) - 1, NULL, 10);
    return size <= client->answer_size ? size : 0;
}

static void lose(struct clients *all, struct client *client)
{
    unsigned index = (unsigned)(client - all->clients);
    struct error err;

    all->result->lost += client->is_busy;
    close(client->fd);
    client->fd = -1;
    client->is_busy = false;
    if (connect_client(all, index, &err) == 0)
        all->idle[all->idle_count++] = index;
}

static void take_answer(struct clients *all, struct client *client)
{
    int64_t now_us = clock_steady_us();

    if (strncmp(client->answer, "HTTP/1.1 2", 10) == 0)
        all->result->answered++;
    else
        all->result->refused++;
    latencies_add(&all->result->latencies, now_us - client->due_us);
    client->is_busy = false;
    if (all->plan->rate == 0 && now_us < all->end_us)
        post(all, (unsigned)(client - all->clients), now_us);
    else
        all->idle[all->idle_count++] = (unsigned)(client - all->clients);
}

static void on_event(struct clients *all, const struct epoll_event *event)
{
    struct client *client = &all->clients[event->data.u32];
    size_t room = sizeof(client->answer) - 1 - client->answer_size;
    ssize_t got;

    if (event->events & EPOLLOUT)
        send_rest(all, client);
    if (!(event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    got = recv(client->fd, client->answer + client->answer_size, room,
               MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || !client->is_busy) {
        lose(all, client);
        return;
    }
    client->answer_size += (size_t)got;
    client->answer[client->answer_size] = '\0';
    if (answer_end(client) > 0)
        take_answer(all, client);
}

static uint64_t due_until(const struct clients *all, int64_t now_us)
{
    int64_t last_us = now_us < all->end_us ? now_us : all->end_us;

    return (uint64_t)((last_us - all->start_us) * all->plan->rate / 1000000);
}

/* Open loop: send all that is due and finds a connection. */
static void post_due(struct clients *all, int64_t now_us)
{
    uint64_t due = due_until(all, now_us);
    uint64_t waiting;

    if (due > all->requests->count)
        due = all->requests->count;
    while (all->result->sent < due && all->idle_count > 0)
        post(all, all->idle[--all->idle_count],
             all->start_us +
                 (int64_t)all->result->sent * 1000000 / all->plan->rate);
    waiting = due - all->result->sent;
    if (waiting > all->result->most_waiting)
        all->result->most_waiting = waiting;
}

static struct timespec pause_until(const struct clients *all, int64_t now_us)
{
    int64_t wait_us = 1000;

    if (all->plan->rate > 0)
        wait_us = all->start_us +
                  (int64_t)(all->result->sent + 1) * 1000000 / all->plan->rate -
                  now_us;
    if (wait_us < 0)
        wait_us = 0;
    if (wait_us > 10000)
        wait_us = 10000;
    return (struct timespec){.tv_nsec = wait_us * 1000};
}

static void drive(struct clients *all)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t now_us = clock_steady_us();

    while (now_us < all->end_us || (all->idle_count < all->plan->connections &&
                                    now_us < all->end_us + LAST_ANSWERS_US)) {
        struct timespec wait = pause_until(all, now_us);
        int count =
            epoll_pwait2(all->epoll_fd, events, EVENTS_MAX, &wait, NULL);
        for (int i = 0; i < count; i++)
            on_event(all, &events[i]);
        now_us = clock_steady_us();
        if (all->plan->rate > 0)
            post_due(all, now_us);
    }
}

static int64_t wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void begin(struct clients *all)
{
    all->start_us = clock_steady_us();
    all->start_wall_us = wall_us();
    all->end_us = all->start_us + all->plan->run_us;
    for (unsigned i = 0; i < all->plan->connections; i++)
        if (all->plan->rate == 0)
            post(all, i, clock_steady_us());
        else
            all->idle[all->idle_count++] = i;
}

int clients_run(const struct clients_plan *plan,
                const struct requests *requests,
                struct clients_result *ret_result, struct error *err)
{
    struct clients all = {.plan = plan,
                          .requests = requests,
                          .result = ret_result,
                          .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    int result = 0;

    all.clients = memory_new(plan->connections * sizeof(*all.clients));
    all.idle = memory_new(2 * plan->connections * sizeof(*all.idle));
    for (unsigned i = 0; i < plan->connections && result == 0; i++)
        result = connect_client(&all, i, err);
    if (result == 0) {
        begin(&all);
        drive(&all);
        ret_result->elapsed_us = clock_steady_us() - all.start_us;
    }
    for (unsigned i = 0; i < plan->connections; i++)
        if (all.clients[i].fd > 0)
            close(all.clients[i].fd);
    close(all.epoll_fd);
    free(all.idle);
    free(all.clients);
    return result;
}
