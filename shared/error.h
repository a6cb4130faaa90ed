/* error - why something failed, and what may be done about it.
 *
 * A function that can fail returns 0 or -1; the reason is in the struct error
 * that its caller passes last (never NULL), and untouched on success.  Foreign
 * codes (SQLSTATE, Kafka, HTTP) become a kind where they enter, by a table. */
#pragma once

enum error_kind {
    ERROR_NONE,
    ERROR_INPUT,  /* these bytes are wrong and always will be */
    ERROR_ACCESS, /* not who it must be, or not what it was set up to be */
    ERROR_AGAIN,  /* the same call may succeed in a moment */
    ERROR_AWAY,   /* a system that is needed is not there */
    ERROR_BUG,    /* we are wrong */
    ERROR_KINDS
};

struct error {
    enum error_kind kind;
    char text[256]; /* one line, no secret, no personal data */
};

/* Fill `err`; always returns -1, so that a failure is one line. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Put "what: " before the text of `err`, keep its kind; returns -1. */
int error_wrap(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "input", "access", "again", "away", "bug"; "none" for ERROR_NONE. */
const char *error_kind_name(enum error_kind kind);
