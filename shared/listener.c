#include "shared/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

static int refuse(const struct option_listen *listen, const char *variable,
                  const char *reason, struct error *err)
{
    bool is_ipv6 = strchr(listen->host, ':') != NULL;

    return error_set(err, ERROR_AWAY, "%s: cannot listen on %s%s%s:%u: %s",
                     variable, is_ipv6 ? "[" : "", listen->host,
                     is_ipv6 ? "]" : "", listen->port, reason);
}

static int open_at(const struct addrinfo *address)
{
    int one = 1, saved_errno;
    int fd = socket(address->ai_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}

int listener_open(const struct option_listen *listen, const char *variable,
                  struct error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses;
    char port[8];
    int fd, code;

    snprintf(port, sizeof(port), "%u", listen->port);
    code = getaddrinfo(listen->host, port, &hints, &addresses);
    if (code != 0)
        return refuse(listen, variable, gai_strerror(code), err);
    fd = open_at(addresses);
    freeaddrinfo(addresses);
    if (fd < 0)
        return refuse(listen, variable, strerror(errno), err);
    return fd;
}
