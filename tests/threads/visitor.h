/* visitor - connections of a test to a listener of its own process. */
#pragma once

#include "shared/option.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* "127.0.0.1:port", of a port that is free at this moment. */
static inline void visitor_choose(char ret_address[32])
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(fd, (struct sockaddr *)&name, size) == 0)
        getsockname(fd, (struct sockaddr *)&name, &size);
    close(fd);
    snprintf(ret_address, 32, "127.0.0.1:%d", ntohs(name.sin_port));
}

/* -1 where nobody listens any more. */
static inline int visitor_open(const struct option_listen *listen)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = htons(listen->port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
        return fd;
    close(fd);
    return -1;
}

static inline void visitor_say(int fd, const char *data, size_t size)
{
    ssize_t ignored = send(fd, data, size, MSG_NOSIGNAL);

    (void)ignored; /* whoever has hung up is not told */
}
