/* http - requests to one address, several at once on connections that stay.
 *
 * The only file that includes curl.h.  A client has numbered slots; each holds
 * one request at a time.  No redirect is followed and no proxy used: what is
 * sent goes where it was addressed. */
#pragma once

#include "shared/error.h"
#include "shared/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_ANSWER_BYTES_MAX 65536 /* what is longer is cut */

struct http_client;

/* -1 with ERROR_INPUT where `url` is no http:// or https:// address. */
int http_open(const char *url, size_t slots, int64_t timeout_ms,
              struct http_client **ret_client, struct error *err);
void http_close(struct http_client *client);

struct http_header {
    const char *name;
    const char *value;
};

/* Begin a POST in a slot that is free.  `body` is borrowed until its answer;
 * headers are copied. */
void http_post(struct http_client *client, size_t slot,
               const struct http_header *headers, size_t headers_count,
               struct slice body);

/* Begin a GET in a slot that is free. */
void http_get(struct http_client *client, size_t slot);

struct http_answer {
    size_t slot;
    int status;            /* 0: none came, see reason */
    struct slice body;     /* borrowed until the slot's next request */
    int64_t retry_after_s; /* -1: not given */
    int64_t took_us;
    const char *reason;
};

/* Wait at most `timeout_ms` for the next answer; false: none came. */
bool http_next(struct http_client *client, int64_t timeout_ms,
               struct http_answer *ret_answer);
