/* clerkstream dlq show - all that is known of one dead letter. */
#include "console/commands.h"
#include "console/dlq.h"
#include "console/reason.h"
#include "console/shown.h"
#include "console/terminal.h"
#include "shared/instant.h"

#include <inttypes.h>
#include <stdlib.h>

#define OUTPUT_BYTES (256 << 20)

static const struct flag show_flags[] = {
    DLQ_LETTER(true),
    DLQ_PAYLOAD("Show the event itself, all headers, and what the database "
                "quotes in its errors: personal data."),
    FLAG_TIMEOUT(struct dlq_flags, "30"),
    FLAG_JSON(struct dlq_flags),
};

static const struct table_column header_columns[] = {
    {.name = "name", .title = "HEADER"},
    {.name = "value", .title = "VALUE", .width_max = 120},
};

struct show {
    const struct dlq_flags *flags;
    struct buffer out;
};

/* Whose values are known to hold no personal data.  A reason is shown apart
 * from what it quotes. */
static bool is_known(const char *name)
{
    static const char *const known[] = {
        "ce_specversion", "ce_id",        "ce_type",     "ce_source",
        "ce_subject",     "ce_time",      "svix-id",     "svix-timestamp",
        "svix-signature", "content-type", "traceparent", "webhook-id"};
    static const char connect[] = "__connect.errors.";
    static const char own[] = "clerkstream-";

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return strncmp(name, connect, sizeof(connect) - 1) == 0 ||
           strncmp(name, own, sizeof(own) - 1) == 0;
}

static bool is_reason(const char *name)
{
    return strcmp(name, "clerkstream-reason") == 0 ||
           strcmp(name, "__connect.errors.exception.message") == 0;
}

static void fill_headers(const struct kafka_record *record, bool is_whole,
                         struct table *table)
{
    struct kafka_header header;

    for (size_t i = 0; kafka_record_header_at(record, i, &header); i++) {
        table_add_text(table, header.name);
        if (is_reason(header.name))
            dlq_add_reason(table, header.value, is_whole);
        else if (is_whole || is_known(header.name))
            table_add_slice(table, header.value);
        else
            table_add_text(table, "(--payload shows it)");
    }
}

static void write_place(const char *name, const struct dlq_place *place,
                        struct json_writer *w)
{
    json_write_object(w, name);
    json_write_slice(w, "topic", place->topic);
    json_write_number(w, "partition", place->partition);
    json_write_number(w, "offset", place->offset);
    json_write_end(w);
}

/* NULL where there is none. */
static void write_slice(const char *name, struct slice text,
                        struct json_writer *w)
{
    if (text.data == NULL)
        json_write_text(w, name, NULL);
    else
        json_write_slice(w, name, text);
}

static void write_time(const char *name, int64_t ms, struct json_writer *w)
{
    char time[INSTANT_TEXT_BYTES];

    json_write_text(w, name, instant_format(ms, time) ? time : NULL);
}

static void write_mark(const struct dlq_mark *mark, struct json_writer *w)
{
    if (mark->action == DLQ_UNMARKED) {
        json_write_text(w, "mark", NULL);
        return;
    }
    json_write_object(w, "mark");
    json_write_text(w, "action",
                    mark->action == DLQ_MARK_REDRIVEN ? "redriven"
                                                      : "discarded");
    write_slice("operator", mark->who, w);
    write_slice("reason", mark->reason, w);
    write_time("at", mark->at_ms, w);
    if (mark->redriven.offset >= 0) {
        json_write_number(w, "partition", mark->redriven.partition);
        json_write_number(w, "offset", mark->redriven.offset);
    }
    json_write_end(w);
}

static void write_json(struct show *show, const struct dlq_letter *letter,
                       const struct kafka_record *record,
                       const struct table *headers)
{
    bool is_whole = show->flags->is_whole;
    struct json_writer w;
    struct buffer reason;

    buffer_init(&reason, OUTPUT_BYTES);
    reason_add_shown(&reason, letter->reason, is_whole);
    json_writer_init(&w, &show->out);
    json_write_object(&w, NULL);
    write_slice("id", letter->id, &w);
    write_slice("type", letter->type, &w);
    write_slice("entity", letter->entity, &w);
    json_write_text(&w, "state", dlq_state_names[letter->state]);
    json_write_text(&w, "status",
                    letter->status >= 0 ? filter_statuses[letter->status]
                                        : NULL);
    write_slice("reason", buffer_slice(&reason), &w);
    write_slice("stage", letter->stage, &w);
    write_slice("class", letter->class, &w);
    if (letter->attempts >= 0)
        json_write_number(&w, "attempts", letter->attempts);
    else
        json_write_text(&w, "attempts", NULL);
    json_write_number(&w, "redrives", letter->redrives);
    write_time("failed_at", letter->failed_ms, &w);
    write_place("dead_letter", &letter->place, &w);
    write_place("origin", &letter->origin, &w);
    write_mark(&letter->mark, &w);
    table_write_json(headers, &w, "headers");
    json_write_number(&w, "bytes", (int64_t)record->value.size);
    if (is_whole)
        write_slice("payload", record->value, &w);
    json_write_end(&w);
    buffer_add_char(&show->out, '\n');
    buffer_release(&reason);
}

static void add_line(struct buffer *out, const char *name, struct slice text)
{
    buffer_add_format(out, "%-12s", name);
    if (text.data == NULL)
        buffer_add_char(out, '-');
    else
        shown_add(out, text, 0);
    buffer_add_char(out, '\n');
}

static void add_place(struct buffer *out, const char *name,
                      const struct dlq_place *place)
{
    buffer_add_format(
        out, "%-12s%.*s, partition %" PRId64 ", offset %" PRId64 "\n", name,
        SLICE_PRINT(place->topic), place->partition, place->offset);
}

static void add_mark(struct buffer *out, const struct dlq_mark *mark)
{
    char time[INSTANT_TEXT_BYTES];

    if (mark->action == DLQ_UNMARKED || !instant_format(mark->at_ms, time))
        return;
    buffer_add_format(out, "%-12sby ",
                      mark->action == DLQ_MARK_REDRIVEN ? "redriven"
                                                        : "discarded");
    shown_add(out, mark->who, 0);
    buffer_add_format(out, " at %s", time);
    if (mark->redriven.offset >= 0)
        buffer_add_format(out, ", to partition %" PRId64 ", offset %" PRId64,
                          mark->redriven.partition, mark->redriven.offset);
    if (mark->reason.data != NULL) {
        buffer_add_text(out, ": ");
        shown_add(out, mark->reason, 0);
    }
    buffer_add_char(out, '\n');
}

static void add_counts(struct buffer *out, const struct dlq_letter *letter)
{
    char time[INSTANT_TEXT_BYTES];

    buffer_add_format(out, "%-12s", "tries");
    if (letter->attempts >= 0)
        buffer_add_format(out, "%" PRId64 ", ", letter->attempts);
    buffer_add_format(out, "redriven %" PRId64 " times before\n",
                      letter->redrives);
    if (instant_format(letter->failed_ms, time))
        add_line(out, "given up", slice_of(time));
}

static void write_text(struct show *show, const struct dlq_letter *letter,
                       const struct kafka_record *record,
                       const struct table *headers)
{
    struct buffer *out = &show->out;
    bool is_whole = show->flags->is_whole;

    add_line(out, "event", letter->id);
    add_line(out, "type", letter->type);
    add_line(out, "entity", letter->entity);
    add_line(out, "state", slice_of(dlq_state_names[letter->state]));
    add_line(out, "ledger",
             slice_of(letter->status >= 0 ? filter_statuses[letter->status]
                                          : "does not know it"));
    buffer_add_format(out, "%-12s", "reason");
    reason_add_shown(out, letter->reason, is_whole);
    buffer_add_char(out, '\n');
    add_counts(out, letter);
    add_place(out, "lies on", &letter->place);
    add_place(out, "came from", &letter->origin);
    add_mark(out, &letter->mark);
    if (letter->refusal.data != NULL)
        add_line(out, "redriven?", slice_of("it would be refused again"));
    buffer_add_char(out, '\n');
    table_print(headers, terminal_has_colours(), out);
    if (is_whole) {
        buffer_add_char(out, '\n');
        shown_add(out, record->value, 0);
        buffer_add_char(out, '\n');
    } else {
        buffer_add_format(out, "\n%zu bytes of event: --payload shows them\n",
                          record->value.size);
    }
}

static int take(void *context, struct dlq_letter *letter,
                const struct kafka_record *record, struct error *err)
{
    struct show *show = context;
    struct table headers;

    (void)err;
    table_init(&headers, header_columns,
               sizeof(header_columns) / sizeof(header_columns[0]));
    fill_headers(record, show->flags->is_whole, &headers);
    if (show->flags->is_json)
        write_json(show, letter, record, &headers);
    else
        write_text(show, letter, record, &headers);
    table_release(&headers);
    return 0;
}

static int run(const struct console_config *config, const void *given,
               struct error *err)
{
    struct dlq_flags flags = *(const struct dlq_flags *)given;
    struct show show = {.flags = &flags};
    struct dlq_letter **chosen;
    struct dlq_box box;
    size_t count;
    int result;

    flags.filter = FILTER_NONE;
    flags.limit = 1; /* the newest */
    if (dlq_open(config, &flags, &box, &chosen, &count, err) != 0)
        return -1;
    buffer_init(&show.out, OUTPUT_BYTES);
    result = dlq_box_each(&box, chosen, count, take, &show, err);
    if (result == 0)
        result = terminal_print(&show.out, err);
    buffer_release(&show.out);
    free(chosen);
    dlq_box_close(&box);
    return result;
}

const struct command command_dlq_show = {
    .name = "dlq show",
    .about = "Show all that is known of a dead letter.",
    .detail =
        "Of several of one event the newest. Without --payload neither the\n"
        "event is shown nor what may quote it.",
    .example = "clerkstream dlq show msg_2abc",
    .flags = show_flags,
    .flags_count = sizeof(show_flags) / sizeof(show_flags[0]),
    .flags_bytes = sizeof(struct dlq_flags),
    .run = run,
};
