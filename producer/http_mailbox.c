#include "producer/http_mailbox.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

void http_mailbox_open(struct http_mailbox *mailbox)
{
    atomic_init(&mailbox->newest, NULL);
    mailbox->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (mailbox->wake_fd < 0)
        abort(); /* out of descriptors before the first connection */
}

void http_mailbox_close(struct http_mailbox *mailbox)
{
    close(mailbox->wake_fd);
}

void http_mailbox_wake(struct http_mailbox *mailbox)
{
    static const uint64_t one = 1;
    ssize_t ignored = write(mailbox->wake_fd, &one, sizeof(one));

    (void)ignored; /* full: then it is awake */
}

void http_mailbox_put(struct http_mailbox *mailbox, struct http_mail *mail)
{
    struct http_mail *newest = atomic_load(&mailbox->newest);

    do
        mail->next = newest;
    while (!atomic_compare_exchange_weak(&mailbox->newest, &newest, mail));
    if (newest == NULL)
        http_mailbox_wake(mailbox);
}

struct http_mail *http_mailbox_take(struct http_mailbox *mailbox)
{
    uint64_t count;
    ssize_t ignored = read(mailbox->wake_fd, &count, sizeof(count));
    struct http_mail *mail = atomic_exchange(&mailbox->newest, NULL);
    struct http_mail *oldest = NULL;

    (void)ignored; /* empty: nobody has woken us */
    while (mail != NULL) {
        struct http_mail *next = mail->next;
        mail->next = oldest;
        oldest = mail;
        mail = next;
    }
    return oldest;
}
