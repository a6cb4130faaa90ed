/* head - what a request's head says, and whether it can be trusted.
 *
 * libmicrohttpd 0.9.75 lets through what RFC 9112 forbids: two lengths, blanks
 * before a colon, folds (glued to the field's name), NULs (what follows is not
 * shown), bare LFs.  It also leaves its pieces where they were received.  So
 * the head is walked here piece by piece: each must begin where the one before
 * it ended, and whatever was hidden shows as a gap.  Pure: it only looks at the
 * bytes. */
#pragma once

#include "producer/reply.h"
#include "shared/signature.h"

#include <stdbool.h>
#include <stdint.h>

enum head_name {
    HEAD_HOST,
    HEAD_CONTENT_LENGTH,
    HEAD_TRANSFER_ENCODING,
    HEAD_EXPECT,
    HEAD_TRACEPARENT,
    HEAD_SVIX_ID,
    HEAD_SVIX_TIMESTAMP,
    HEAD_SVIX_SIGNATURE,
    HEAD_WEBHOOK_ID,
    HEAD_WEBHOOK_TIMESTAMP,
    HEAD_WEBHOOK_SIGNATURE,
    HEAD_NAMES
};

struct head {
    struct slice target; /* where it was received; its bytes are no more */
    const char *at;      /* where the piece before ended */
    const char *flaw;    /* the first that was found; NULL: none */
    struct slice values[HEAD_NAMES]; /* of the first such field, trimmed */
    unsigned counts[HEAD_NAMES];
};

/* The request target as received, terminated: before libmicrohttpd cuts and
 * unescapes it in its place. */
void head_begin(struct head *head, const char *target);
/* The rest of the request line; each piece in its place. */
void head_line(struct head *head, const char *method, const char *version);
void head_add(struct head *head, struct slice name, struct slice value);
/* `end`: the first byte behind the empty line. */
void head_end(struct head *head, const char *end);

/* OUTCOME_FLAWED (head->flaw says why), OUTCOME_NO_LENGTH, or OUTCOME_OPEN:
 * then `ret_length` is that of the body. */
enum outcome head_framing(struct head *head, bool needs_length,
                          uint64_t *ret_length);

/* The triple in use: svix-*, else webhook-*, never mixed.  -1 with ERROR_INPUT
 * where none is complete, or one of it is given twice or no id. */
int head_claim(const struct head *head, struct signature_claim *ret_claim,
               struct error *err);

/* Empty unless given exactly once. */
struct slice head_traceparent(const struct head *head);
bool head_expects_continue(const struct head *head);
