/* dlq - what the commands of the family share: their flags, and how letters
 * and what was done about them are printed. */
#pragma once

#include "console/dlq_box.h"
#include "console/table.h"

/* What all of them choose letters by; the first member of their flags. */
struct dlq_flags {
    struct filter filter;
    const char *letter;
    int64_t limit;
    bool has_all;  /* list */
    bool is_whole; /* reasons with what the database quotes */
    int64_t timeout_s;
    bool is_json;
};

#define DLQ_LETTER(is_it_needed)                                               \
    {                                                                          \
        .name = "msg_id", .type = FLAG_TEXT, .is_argument = true,              \
        .is_needed = (is_it_needed), .value = "MSG_ID",                        \
        .offset = offsetof(struct dlq_flags, letter),                          \
        .about = "Its event's svix-id, or PARTITION:OFFSET on the topic.",     \
    }
#define DLQ_FILTERS                                                            \
    FILTER_ID(struct dlq_flags), FILTER_TYPE(struct dlq_flags),                \
        FILTER_ENTITY(struct dlq_flags), FILTER_STATUS(struct dlq_flags),      \
        FILTER_ERROR(struct dlq_flags),                                        \
        {.name = "from",                                                       \
         .type = FLAG_TIME,                                                    \
         .offset = offsetof(struct dlq_flags, filter.from_ms),                 \
         .value = "TIME",                                                      \
         .about = "Given up at this time or later (RFC 3339, with zone)."},    \
        {.name = "to",                                                         \
         .type = FLAG_TIME,                                                    \
         .offset = offsetof(struct dlq_flags, filter.to_ms),                   \
         .value = "TIME",                                                      \
         .about = "Given up before this time."},                               \
    {                                                                          \
        .name = "limit", .type = FLAG_NUMBER,                                  \
        .offset = offsetof(struct dlq_flags, limit), .value = "N",             \
        .fallback = "1000000", .min = 1, .max = 1000000,                       \
        .about = "How many at most.",                                          \
    }
#define DLQ_PAYLOAD(what)                                                      \
    {                                                                          \
        .name = "payload", .type = FLAG_SWITCH,                                \
        .offset = offsetof(struct dlq_flags, is_whole), .about = (what),       \
    }
#define DLQ_PAYLOAD_REASONS                                                    \
    DLQ_PAYLOAD("Show also what the database quotes in its errors: it may be " \
                "personal data.")

/* Open the box and choose; `ret_chosen` is new. */
int dlq_open(const struct console_config *config, const struct dlq_flags *flags,
             struct dlq_box *ret_box, struct dlq_letter ***ret_chosen,
             size_t *ret_count, struct error *err);

/* One of a table's cells: "PARTITION:OFFSET", a reason as it may be shown. */
void dlq_add_place(struct table *table, const struct dlq_place *place);
void dlq_add_reason(struct table *table, struct slice reason, bool is_whole);

/* Letters and their states, as a table or as JSON. */
int dlq_print_letters(struct dlq_letter *const *letters, size_t count,
                      const struct dlq_flags *flags, struct error *err);
/* Letters and their outcomes, the same. */
int dlq_print_outcomes(struct dlq_letter *const *letters, size_t count,
                       const struct dlq_flags *flags, bool is_dry_run,
                       struct error *err);
