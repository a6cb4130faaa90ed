#include "producer/http_connections.h"

#include "shared/memory.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

void http_connections_init(struct http_connections *all, size_t lists,
                           int64_t live_max)
{
    *all = (struct http_connections){.count = lists, .live_max = live_max};
    all->lists = memory_new(lists * sizeof(*all->lists));
    for (size_t i = 0; i < lists; i++)
        pthread_mutex_init(&all->lists[i].lock, NULL);
}

void http_connections_release(struct http_connections *all)
{
    for (size_t i = 0; i < all->count; i++)
        pthread_mutex_destroy(&all->lists[i].lock);
    free(all->lists);
}

/* The one that has been in `phase` longest; the list's lock is held. */
static struct http_connection *longest(const struct http_list *list,
                                       enum http_phase phase)
{
    struct http_connection *found = NULL;

    for (struct http_connection *at = list->first; at != NULL; at = at->next)
        if (at->phase == (int)phase &&
            (found == NULL || at->since_ms < found->since_ms))
            found = at;
    return found;
}

/* The list that holds the longest of all; NULL where nobody is in `phase`. */
static struct http_list *list_of_longest(struct http_connections *all,
                                         enum http_phase phase)
{
    struct http_list *found = NULL;
    int64_t since_ms = INT64_MAX;

    for (size_t i = 0; i < all->count; i++) {
        struct http_list *list = &all->lists[i];
        const struct http_connection *at;
        pthread_mutex_lock(&list->lock);
        at = longest(list, phase);
        if (at != NULL && at->since_ms < since_ms) {
            since_ms = at->since_ms;
            found = list;
        }
        pthread_mutex_unlock(&list->lock);
    }
    return found;
}

static bool close_longest(struct http_connections *all, enum http_phase phase)
{
    struct http_list *list = list_of_longest(all, phase);
    struct http_connection *found;

    if (list == NULL)
        return false;
    pthread_mutex_lock(&list->lock);
    found = longest(list, phase);
    if (found != NULL)
        http_connection_close(all, found);
    pthread_mutex_unlock(&list->lock);
    return found != NULL;
}

struct http_connection *http_connections_add(struct http_connections *all,
                                             size_t list, int fd,
                                             int64_t now_ms)
{
    struct http_list *own = &all->lists[list];
    struct http_connection *connection = memory_new(sizeof(*connection));

    connection->fd = fd;
    connection->phase = HTTP_IDLE;
    connection->since_ms = now_ms;
    if (atomic_fetch_add(&all->live, 1) >= all->live_max &&
        !close_longest(all, HTTP_IDLE) && !close_longest(all, HTTP_RECEIVING))
        http_connection_close(all, connection);
    pthread_mutex_lock(&own->lock);
    connection->next = own->first;
    if (own->first != NULL)
        own->first->previous = connection;
    own->first = connection;
    pthread_mutex_unlock(&own->lock);
    return connection;
}

void http_connections_remove(struct http_connections *all, size_t list,
                             struct http_connection *connection)
{
    struct http_list *own = &all->lists[list];

    pthread_mutex_lock(&own->lock);
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        own->first = connection->next;
    if (connection->phase != HTTP_CLOSING)
        atomic_fetch_sub(&all->live, 1);
    pthread_mutex_unlock(&own->lock);
    free(connection);
}

void http_connection_enter(struct http_connection *connection,
                           enum http_phase phase, int64_t now_ms)
{
    int before = connection->phase;

    connection->since_ms = now_ms;
    while (
        before != HTTP_CLOSING &&
        !atomic_compare_exchange_weak(&connection->phase, &before, (int)phase))
        ;
}

bool http_connection_close(struct http_connections *all,
                           struct http_connection *connection)
{
    if (atomic_exchange(&connection->phase, HTTP_CLOSING) == HTTP_CLOSING)
        return false;
    shutdown(connection->fd, SHUT_RDWR);
    atomic_fetch_sub(&all->live, 1);
    return true;
}

bool http_connection_has_begun(const struct http_connection *connection)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);

    if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(struct tcp_info, tcpi_bytes_received) +
                   sizeof(info.tcpi_bytes_received))
        return false;
    return info.tcpi_bytes_received > connection->consumed;
}

bool http_connection_is_over(const struct http_connection *connection)
{
    char byte;

    return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}
