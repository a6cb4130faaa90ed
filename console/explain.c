/* clerkstream explain - what became of one event, and why.
 *
 * The ledger says what was done, the log has the event as it came, and the
 * consumer's own rules (consumer/decode.c) say what it means: its version for
 * each entity is held against the register that holds now. */
#include "console/commands.h"
#include "console/explain_ask.h"
#include "console/log_event.h"
#include "console/terminal.h"
#include "shared/clock.h"
#include "shared/signature.h"

#include <inttypes.h>
#include <stdlib.h>

#define OUTPUT_BYTES (32 << 20)
#define SIGNED_AT_MAX INT64_C(100000000000) /* seconds */

struct explain_flags {
    const char *id;
    int64_t timeout_s;
    bool is_everywhere;
    bool has_payload;
    bool is_json;
};

static const struct flag explain_flags[] = {
    {.name = "msg_id",
     .type = FLAG_TEXT,
     .is_argument = true,
     .is_needed = true,
     .offset = offsetof(struct explain_flags, id),
     .value = "MSG_ID",
     .about = "The event: its svix-id."},
    {.name = "scan",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct explain_flags, is_everywhere),
     .about = "Where the ledger does not know it, read the whole events topic, "
              "not only what is unread."},
    {.name = "payload",
     .type = FLAG_SWITCH,
     .offset = offsetof(struct explain_flags, has_payload),
     .about = "Show the event as it came, and what the database quotes: both "
              "may be personal data."},
    FLAG_TIMEOUT(struct explain_flags, "30"),
    FLAG_JSON(struct explain_flags),
};

struct inquiry {
    const struct console_config *config;
    const struct explain_flags *flags;
    int64_t deadline_ms;
    struct postgres *db;
    struct explain_record found;
    struct slice payload; /* as the ledger has it */
    struct explanation told;
};

static int64_t left_ms(const struct inquiry *inquiry)
{
    int64_t left = inquiry->deadline_ms - clock_steady_ms();

    return left > 1000 ? left : 1000;
}

static int not_found(const struct inquiry *inquiry, const struct buffer *looked,
                     struct error *err)
{
    return error_set(err, ERROR_ACCESS,
                     "%.60s is not in the ledger, nor among %.150s%s",
                     inquiry->flags->id, looked->data,
                     inquiry->flags->is_everywhere ? "" : "; --scan reads all");
}

/* Of an event that the ledger does not know. */
static void describe_found(struct inquiry *inquiry)
{
    const struct kafka_record *record = &inquiry->found.record;
    struct explanation *told = &inquiry->told;
    struct slice reason = kafka_record_header(record, "clerkstream-reason");
    bool is_dead =
        strcmp(record->topic, inquiry->config->common.dead_letter_topic) == 0;

    told->state = slice_of(is_dead ? "dead_lettered" : "waiting");
    told->place = (struct place){slice_of(record->topic), record->partition,
                                 record->offset};
    told->entity = record->key;
    told->received_ms = record->time_ms;
    if (reason.data != NULL)
        told->error = reason;
}

/* The record at the place that the ledger tells, or wherever it is. */
static int find_record(struct inquiry *inquiry, struct error *err)
{
    struct buffer looked;
    int result;

    if (inquiry->told.is_in_ledger)
        return explain_read(inquiry->config, left_ms(inquiry), &inquiry->told,
                            &inquiry->found, err);
    buffer_init(&looked, sizeof(err->text));
    result = explain_search(inquiry->config, left_ms(inquiry), inquiry->told.id,
                            inquiry->flags->is_everywhere, &inquiry->found,
                            &looked, err);
    if (result == 0 && !inquiry->found.is_there)
        result = not_found(inquiry, &looked, err);
    buffer_release(&looked);
    if (result == 0)
        describe_found(inquiry);
    return result;
}

/* "1769842800", the header's value, in ms. */
static int64_t signed_at(struct slice timestamp)
{
    char text[24];
    int64_t seconds;

    if (timestamp.size == 0 || timestamp.size >= sizeof(text))
        return EXPLANATION_NO_TIME;
    memcpy(text, timestamp.data, timestamp.size);
    text[timestamp.size] = '\0';
    seconds = strtoll(text, NULL, 10);
    return seconds > 0 && seconds < SIGNED_AT_MAX ? seconds * 1000
                                                  : EXPLANATION_NO_TIME;
}

/* As the producer did, at the time that it was signed. */
static int verify(struct inquiry *inquiry, struct error *err)
{
    const struct kafka_record *record = &inquiry->found.record;
    const char *secrets = inquiry->config->signing_secrets;
    const struct signature_claim claim = {
        .id = inquiry->told.id,
        .timestamp = kafka_record_header(record, "svix-timestamp"),
        .signatures = kafka_record_header(record, "svix-signature"),
        .body = record->value,
    };
    struct signature_verifier *verifier;
    struct signature_keys keys;
    struct error mismatch;
    int secret;

    inquiry->told.signed_ms = signed_at(claim.timestamp);
    if (secrets == NULL)
        return 0;
    if (signature_keys_init(&keys, secrets, err) != 0)
        return error_wrap(err, "CLERK_WEBHOOK_SIGNING_SECRET");
    verifier = signature_verifier_new(&keys);
    secret = signature_verify(verifier, &claim, inquiry->told.signed_ms / 1000,
                              0, &mismatch);
    inquiry->told.signature = secret >= 0 ? SIGNATURE_VALID : SIGNATURE_INVALID;
    inquiry->told.secret = secret + 1;
    signature_verifier_free(verifier);
    signature_keys_release(&keys);
    return 0;
}

/* The event as it came, else as the ledger kept it. */
static int tell_entities(struct inquiry *inquiry, struct error *err)
{
    struct log_event event = {.json = {.count = 0}};
    int result;

    if (inquiry->found.is_there)
        log_event_read(&event, &inquiry->found.record);
    else if (inquiry->payload.data != NULL)
        log_event_read_kept(&event, inquiry->told.id, inquiry->told.entity,
                            inquiry->payload);
    else
        return 0;
    if (inquiry->told.type.data == NULL && event.event.type.data != NULL)
        inquiry->told.type = arena_copy(&inquiry->told.arena, event.event.type);
    if (event.event.fate == EVENT_REFUSE && inquiry->told.error.data == NULL)
        inquiry->told.error = arena_copy(&inquiry->told.arena,
                                         slice_of(event.event.refusal.text));
    result = explain_entities(inquiry->db, &event.event, &inquiry->told, err);
    log_event_release(&event);
    return result;
}

static int ask(struct inquiry *inquiry, struct error *err)
{
    struct explanation *told = &inquiry->told;

    if (explain_ledger(inquiry->db, inquiry->flags->has_payload, told,
                       &inquiry->payload, err) != 0 ||
        find_record(inquiry, err) != 0)
        return -1;
    told->is_record_there = inquiry->found.is_there;
    if (told->is_record_there && verify(inquiry, err) != 0)
        return -1;
    if (inquiry->flags->has_payload)
        told->payload = told->is_record_there ? inquiry->found.record.value
                                              : inquiry->payload;
    return tell_entities(inquiry, err);
}

static int print(const struct inquiry *inquiry, struct error *err)
{
    struct buffer out;
    int result;

    buffer_init(&out, OUTPUT_BYTES);
    if (inquiry->flags->is_json)
        explanation_write_json(&inquiry->told, &out);
    else
        explanation_show(&inquiry->told, terminal_has_colours(), &out);
    result = terminal_print(&out, err);
    buffer_release(&out);
    return result;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    const struct explain_flags *flags = given;
    int64_t timeout_ms = flags->timeout_s * 1000;
    struct inquiry inquiry = {
        .config = config,
        .flags = flags,
        .deadline_ms = clock_steady_ms() + timeout_ms,
        .told = {.id = slice_of(flags->id),
                 .signed_ms = EXPLANATION_NO_TIME,
                 .received_ms = EXPLANATION_NO_TIME,
                 .processed_ms = EXPLANATION_NO_TIME,
                 .retry_ms = EXPLANATION_NO_TIME,
                 .signature = SIGNATURE_NOT_CHECKED},
    };
    int result;

    if (postgres_open_in_time(config->database_url, timeout_ms, &inquiry.db,
                              err) != 0)
        return -1;
    result = ask(&inquiry, err);
    if (result == 0)
        result = print(&inquiry, err);
    explain_record_close(&inquiry.found);
    postgres_close(inquiry.db);
    arena_release(&inquiry.told.arena);
    return result;
}

const struct command command_explain = {
    .name = "explain",
    .about = "Show what became of an event, and why.",
    .detail =
        "When it was signed, received and applied, where it lies, how often "
        "it\n"
        "was tried, sent again, replayed and redriven; and for each entity "
        "that\n"
        "it mentions: its version, the register that holds now, who won, and\n"
        "by which part of the version (class, t, rank, ts, id; compared in\n"
        "this order). What an event has beaten is looked for among those of\n"
        "the same day. The signature is verified again where the secret is\n"
        "given. An event that the ledger does not know is looked for among\n"
        "what the consumers have yet to read, and among the dead letters.",
    .example = "clerkstream explain msg_2abc --payload",
    .flags = explain_flags,
    .flags_count = sizeof(explain_flags) / sizeof(explain_flags[0]),
    .flags_bytes = sizeof(struct explain_flags),
    .run = run,
};
