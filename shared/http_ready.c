#include "shared/http_ready.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_BYTES 2048

static const char question[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n"
                               "Connection: close\r\n\r\n";

static int dial(const struct addrinfo *address)
{
    const struct timeval patience = {.tv_sec = HTTP_READY_TIMEOUT_S};
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Where it listens on all addresses, the unspecified one reaches it. */
static int reach(const struct option_listen *admin)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char port[8];
    int fd = -1;

    snprintf(port, sizeof(port), "%u", (unsigned)admin->port);
    if (getaddrinfo(admin->host, port, &hints, &found) != 0)
        return -1;
    for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
        fd = dial(at);
    freeaddrinfo(found);
    return fd;
}

/* All that is sent until the other side closes; false: nothing came. */
static bool converse(int fd, char ret_answer[ANSWER_BYTES])
{
    size_t size = 0;
    ssize_t more = send(fd, question, sizeof(question) - 1, MSG_NOSIGNAL);

    while (more > 0 && size < ANSWER_BYTES - 1) {
        more = recv(fd, ret_answer + size, ANSWER_BYTES - 1 - size, 0);
        size += more > 0 ? (size_t)more : 0;
    }
    ret_answer[size] = '\0';
    return size > 0;
}

int http_ready_ask(const struct option_listen *admin, struct error *err)
{
    char answer[ANSWER_BYTES];
    const char *body;
    int fd = reach(admin);
    bool is_answered = fd >= 0 && converse(fd, answer);

    if (fd >= 0)
        close(fd);
    if (!is_answered)
        return error_set(err, ERROR_AWAY, "nobody answers at %s:%u",
                         admin->host, (unsigned)admin->port);
    if (strncmp(answer, "HTTP/1.1 200 ", 13) == 0)
        return 0;
    body = strstr(answer, "\r\n\r\n");
    return error_set(err, ERROR_AGAIN, "not ready: %s",
                     body != NULL ? body + 4 : answer);
}

int http_ready_main(const char *program, const struct option_listen *admin)
{
    struct error err;

    if (http_ready_ask(admin, &err) == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "%s: %s\n", program, err.text);
    return EXIT_FAILURE;
}
