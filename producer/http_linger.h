/* http_linger - the last word gets through.
 *
 * A socket that is closed with unread bytes in it resets its connection, and
 * the client may never see the answer: to one that is too large, say.  So the
 * bytes of a connection that was closed early are read and forgotten for a
 * moment, until the client has closed too. */
#pragma once

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_LINGER_MAX 64

struct http_linger {
    struct {
        int fd;
        int64_t until_ms;
        int64_t bytes_left;
    } all[HTTP_LINGER_MAX];
    size_t count;
};

/* Called before `fd` is closed by its owner: keeps a duplicate where the client
 * has not closed yet. */
void http_linger_add(struct http_linger *linger, int fd, int64_t now_ms);
/* Fill `polls` (room for HTTP_LINGER_MAX); returns how many. */
size_t http_linger_polls(const struct http_linger *linger,
                         struct pollfd *polls);
/* Read what came, close what is over. */
void http_linger_run(struct http_linger *linger, int64_t now_ms);
void http_linger_close(struct http_linger *linger);
