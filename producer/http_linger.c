#include "producer/http_linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_MS 2000
#define LINGER_BYTES (16 * 1024 * 1024)
#define READ_BYTES 16384

void http_linger_add(struct http_linger *linger, int fd, int64_t now_ms)
{
    char byte;
    ssize_t size = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    bool is_over = size == 0 || (size < 0 && errno != EAGAIN);
    int copy;

    if (is_over || linger->count == HTTP_LINGER_MAX)
        return;
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return;
    shutdown(copy, SHUT_WR);
    linger->all[linger->count].fd = copy;
    linger->all[linger->count].until_ms = now_ms + LINGER_MS;
    linger->all[linger->count++].bytes_left = LINGER_BYTES;
}

size_t http_linger_polls(const struct http_linger *linger, struct pollfd *polls)
{
    for (size_t i = 0; i < linger->count; i++)
        polls[i] = (struct pollfd){linger->all[i].fd, POLLIN, 0};
    return linger->count;
}

/* False once nothing more will come. */
static bool drain(int fd, int64_t *bytes_left)
{
    char bytes[READ_BYTES];
    ssize_t size;

    while ((size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
        *bytes_left -= size;
        if (*bytes_left < 0)
            return false;
    }
    return size < 0 && errno == EAGAIN;
}

void http_linger_run(struct http_linger *linger, int64_t now_ms)
{
    for (size_t i = 0; i < linger->count;) {
        if (drain(linger->all[i].fd, &linger->all[i].bytes_left) &&
            now_ms < linger->all[i].until_ms) {
            i++;
            continue;
        }
        close(linger->all[i].fd);
        linger->all[i] = linger->all[--linger->count];
    }
}

void http_linger_close(struct http_linger *linger)
{
    while (linger->count > 0)
        close(linger->all[--linger->count].fd);
}
