#include "producer/reply.h"

#define RETRY_SOON "1"
#define RETRY_LATER "5"

struct row {
    unsigned status;
    const char *phrase;      /* of the status line */
    const char *status_word; /* "status" of the JSON; NULL: it has "error" */
    const char *text;        /* "reason" or "error", unless the reply has one */
    const char *retry_after;
    bool closes;
    bool is_abort; /* no retry can help: tell the sender to stop */
};

static const struct row rows[OUTCOMES] = {
    [OUTCOME_OPEN] = {503, "Service Unavailable", NULL, "not decided",
                      RETRY_LATER, true, false},
    [OUTCOME_ACCEPTED] = {.status = 200,
                          .phrase = "OK",
                          .status_word = "accepted"},
    [OUTCOME_IGNORED_TYPE] = {.status = 200,
                              .phrase = "OK",
                              .status_word = "ignored",
                              .text = "type"},
    [OUTCOME_IGNORED_INSTANCE] = {.status = 200,
                                  .phrase = "OK",
                                  .status_word = "ignored",
                                  .text = "instance"},
    [OUTCOME_DEAD_LETTERED] = {.status = 200,
                               .phrase = "OK",
                               .status_word = "dead_lettered",
                               .text = "not an event"},
    [OUTCOME_ALIVE] = {.status = 200, .phrase = "OK", .status_word = "ok"},
    [OUTCOME_NO_ROUTE] = {.status = 404,
                          .phrase = "Not Found",
                          .text = "no such route"},
    [OUTCOME_WRONG_METHOD] = {.status = 405,
                              .phrase = "Method Not Allowed",
                              .text = "method not allowed"},
    [OUTCOME_FLAWED] = {.status = 400,
                        .phrase = "Bad Request",
                        .text = "malformed request",
                        .closes = true},
    [OUTCOME_NO_LENGTH] = {.status = 411,
                           .phrase = "Length Required",
                           .text = "Content-Length is needed, and no "
                                   "Transfer-Encoding",
                           .closes = true},
    [OUTCOME_BAD_HEADERS] = {.status = 400,
                             .phrase = "Bad Request",
                             .text = "svix-id, svix-timestamp and "
                                     "svix-signature are needed, once each"},
    [OUTCOME_TOO_LARGE] = {.status = 413,
                           .phrase = "Content Too Large",
                           .text = "body too large",
                           .closes = true,
                           .is_abort = true},
    [OUTCOME_TOO_SLOW] = {.status = 408,
                          .phrase = "Request Timeout",
                          .text = "request not complete in time",
                          .closes = true},
    [OUTCOME_NOT_SIGNED] = {.status = 401,
                            .phrase = "Unauthorized",
                            .text = "invalid signature"},
    [OUTCOME_TOO_MANY] = {.status = 429,
                          .phrase = "Too Many Requests",
                          .text = "too many events",
                          .retry_after = RETRY_SOON},
    [OUTCOME_RECORD_TOO_LARGE] = {.status = 413,
                                  .phrase = "Content Too Large",
                                  .text = "larger than the broker takes",
                                  .is_abort = true},
    [OUTCOME_UNAVAILABLE] = {.status = 503,
                             .phrase = "Service Unavailable",
                             .text = "not stored; send it again",
                             .retry_after = RETRY_LATER},
};

/* Kinds as they come from the steps behind the signature: what is wrong with
 * the bytes by then is their size. */
static const enum outcome outcomes_of_kinds[ERROR_KINDS] = {
    [ERROR_NONE] = OUTCOME_ACCEPTED,
    [ERROR_INPUT] = OUTCOME_RECORD_TOO_LARGE,
    [ERROR_ACCESS] = OUTCOME_NOT_SIGNED,
    [ERROR_AGAIN] = OUTCOME_UNAVAILABLE,
    [ERROR_AWAY] = OUTCOME_UNAVAILABLE,
    [ERROR_BUG] = OUTCOME_UNAVAILABLE,
};

enum outcome reply_outcome_of(enum error_kind kind)
{
    return outcomes_of_kinds[kind];
}

unsigned reply_status(const struct reply *reply)
{
    return rows[reply->outcome].status;
}

bool reply_closes(const struct reply *reply)
{
    return rows[reply->outcome].closes;
}

static bool is_of_event(const struct reply *reply)
{
    return rows[reply->outcome].status_word != NULL &&
           reply->outcome != OUTCOME_ALIVE;
}

const char *reply_event_status(const struct reply *reply)
{
    return is_of_event(reply) ? rows[reply->outcome].status_word : NULL;
}

static void add_member(struct buffer *out, const char *name, struct slice value)
{
    buffer_add_text(out, ",\"");
    buffer_add_text(out, name);
    buffer_add_text(out, "\":\"");
    buffer_add_json(out, value);
    buffer_add_char(out, '"');
}

void reply_body(const struct reply *reply, struct slice id, struct buffer *out)
{
    const struct row *row = &rows[reply->outcome];
    const char *text = reply->reason != NULL ? reply->reason : row->text;

    if (row->status_word == NULL) {
        buffer_add_text(out, "{\"error\":\"");
        buffer_add_json(out, slice_of(text));
        buffer_add_text(out, "\"}\n");
        return;
    }
    buffer_add_text(out, "{\"status\":\"");
    buffer_add_text(out, row->status_word);
    buffer_add_char(out, '"');
    if (is_of_event(reply))
        add_member(out, "id", id);
    if (text != NULL)
        add_member(out, "reason", slice_of(text));
    if (reply->outcome == OUTCOME_ACCEPTED) {
        add_member(out, "topic", slice_of(reply->topic));
        buffer_add_text(out, ",\"partition\":");
        buffer_add_number(out, reply->partition);
        if (reply->offset != REPLY_OFFSET_UNKNOWN) {
            buffer_add_text(out, ",\"offset\":");
            buffer_add_number(out, reply->offset);
        }
    }
    buffer_add_text(out, "}\n");
}

const struct reply_field *reply_field_at(const struct reply *reply, size_t i,
                                         struct reply_field *space)
{
    const struct row *row = &rows[reply->outcome];
    const struct reply_field fields[] = {
        {"Content-Type", "application/json"},
        {"Allow", reply->outcome == OUTCOME_WRONG_METHOD ? reply->allow : NULL},
        {"Retry-After", row->retry_after},
        {"webhook-delivery", row->is_abort ? "abort-message" : NULL},
    };

    for (size_t at = 0; at < sizeof(fields) / sizeof(fields[0]); at++) {
        if (fields[at].value == NULL || i-- > 0)
            continue;
        *space = fields[at];
        return space;
    }
    return NULL;
}

void reply_write(const struct reply *reply, struct slice id, struct buffer *out)
{
    const struct reply_field *field;
    struct reply_field space;
    struct buffer body;

    buffer_init(&body, 4096);
    reply_body(reply, id, &body);
    buffer_add_format(out, "HTTP/1.1 %u %s\r\nConnection: close\r\n",
                      reply_status(reply), rows[reply->outcome].phrase);
    for (size_t i = 0; (field = reply_field_at(reply, i, &space)) != NULL; i++)
        buffer_add_format(out, "%s: %s\r\n", field->name, field->value);
    buffer_add_format(out, "Content-Length: %zu\r\n\r\n", body.size);
    buffer_add_slice(out, buffer_slice(&body));
    buffer_release(&body);
}
