/* http_mailbox - mail from Kafka's threads to the one that owns a connection.
 *
 * Putting takes no lock, and wakes the reader once per batch.  The reader
 * polls wake_fd together with its sockets. */
#pragma once

#include <stdatomic.h>

/* The first member of whatever is sent. */
struct http_mail {
    struct http_mail *next;
};

struct http_mailbox {
    _Atomic(struct http_mail *) newest;
    int wake_fd;
};

void http_mailbox_open(struct http_mailbox *mailbox);
void http_mailbox_close(struct http_mailbox *mailbox);

void http_mailbox_put(struct http_mailbox *mailbox, struct http_mail *mail);
/* The reader wakes without mail. */
void http_mailbox_wake(struct http_mailbox *mailbox);

/* All that is there, oldest first; NULL: none.  Empties wake_fd. */
struct http_mail *http_mailbox_take(struct http_mailbox *mailbox);
