/* http_admin - /healthz, /readyz and /metrics, on a listener of their own.
 *
 * Runs one thread inside; the hooks are called from it. */
#pragma once

#include "shared/buffer.h"
#include "shared/error.h"
#include "shared/option.h"

#include <stdbool.h>

#define HTTP_ADMIN_REASON_BYTES 256

struct http_admin_hooks {
    /* False: the reason says what is waited for. */
    bool (*is_ready)(void *context, char ret_reason[HTTP_ADMIN_REASON_BYTES]);
    void (*metrics)(void *context, struct buffer *out);
    void *context; /* kept until the close */
};

struct http_admin;

/* -1 with ERROR_AWAY: `variable`, address and reason are in the text. */
int http_admin_open(const struct option_listen *listen, const char *variable,
                    const struct http_admin_hooks *hooks,
                    struct http_admin **ret_admin, struct error *err);
void http_admin_close(struct http_admin *admin);
