#include "console/dlq.h"

#include "console/dlq_choice.h"
#include "console/reason.h"
#include "console/terminal.h"

#include <inttypes.h>
#include <stdio.h>

#define OUTPUT_BYTES (256 << 20)
#define REASON_BYTES 8192

static const struct table_column letter_columns[] = {
    {.name = "failed_at", .title = "GIVEN UP"},
    {.name = "state", .title = "STATE"},
    {.name = "status"},
    {.name = "type", .title = "TYPE", .width_max = 40},
    {.name = "entity", .title = "ENTITY", .width_max = 40},
    {.name = "id", .title = "ID", .width_max = 64},
    {.name = "attempts", .title = "TRIES"},
    {.name = "redrives", .title = "REDRIVES"},
    {.name = "place", .title = "AT"},
    {.name = "partition"},
    {.name = "offset"},
    {.name = "origin_topic"},
    {.name = "origin_partition"},
    {.name = "origin_offset"},
    {.name = "marked_at"},
    {.name = "marked_by"},
    {.name = "mark_reason"},
    {.name = "reason", .title = "REASON", .width_max = 100},
};

static const struct table_column outcome_columns[] = {
    {.name = "place", .title = "AT"},
    {.name = "partition"},
    {.name = "offset"},
    {.name = "type", .title = "TYPE", .width_max = 40},
    {.name = "entity", .title = "ENTITY", .width_max = 40},
    {.name = "id", .title = "ID", .width_max = 64},
    {.name = "result", .title = "RESULT"},
    {.name = "redriven_partition"},
    {.name = "redriven_offset"},
    {.name = "why", .title = "WHY", .width_max = 100},
};

#define COUNT(columns) (sizeof(columns) / sizeof((columns)[0]))

static const enum shown_mood state_moods[DLQ_STATES] = {
    [DLQ_WAITING] = MOOD_BAD,      [DLQ_REDRIVEN] = MOOD_WARNING,
    [DLQ_RETRYING] = MOOD_WARNING, [DLQ_APPLIED] = MOOD_GOOD,
    [DLQ_DISCARDED] = MOOD_FAINT,  [DLQ_REPLACED] = MOOD_FAINT,
};

static const enum shown_mood result_moods[DLQ_RESULTS] = {
    [DLQ_RESULT_COMPLETED] = MOOD_GOOD,
    [DLQ_RESULT_IGNORED] = MOOD_GOOD,
    [DLQ_RESULT_SUPERSEDED] = MOOD_GOOD,
    [DLQ_RESULT_RETRYING] = MOOD_WARNING,
    [DLQ_RESULT_ON_THE_WAY] = MOOD_WARNING,
    [DLQ_RESULT_FAILED] = MOOD_BAD,
    [DLQ_RESULT_NOT_SENT] = MOOD_BAD,
    [DLQ_RESULT_WOULD_FAIL] = MOOD_BAD,
};

int dlq_open(const struct console_config *config, const struct dlq_flags *flags,
             struct dlq_box *ret_box, struct dlq_letter ***ret_chosen,
             size_t *ret_count, struct error *err)
{
    const struct dlq_choice choice = {flags->filter, flags->letter,
                                      flags->has_all, flags->limit};

    if (dlq_box_open(config, flags->timeout_s, ret_box, err) != 0)
        return -1;
    if (dlq_choose(ret_box, &choice, ret_chosen, ret_count, err) == 0)
        return 0;
    dlq_box_close(ret_box);
    return -1;
}

void dlq_add_place(struct table *table, const struct dlq_place *place)
{
    char text[64];

    snprintf(text, sizeof(text), "%" PRId64 ":%" PRId64, place->partition,
             place->offset);
    table_add_text(table, text);
}

void dlq_add_reason(struct table *table, struct slice reason, bool is_whole)
{
    struct buffer shown;

    if (reason.data == NULL) {
        table_add_null(table);
        return;
    }
    buffer_init(&shown, REASON_BYTES);
    reason_add_shown(&shown, reason, is_whole);
    table_add_slice(table, buffer_slice(&shown));
    buffer_release(&shown);
}

static void add_number_if(struct table *table, bool is_known, int64_t number)
{
    if (is_known)
        table_add_number(table, number);
    else
        table_add_null(table);
}

static void add_mark(struct table *table, const struct dlq_mark *mark)
{
    if (mark->action == DLQ_UNMARKED)
        table_add_null(table);
    else
        table_add_time(table, mark->at_ms);
    table_add_slice(table, mark->who);
    table_add_slice(table, mark->reason);
}

static void add_letter(struct table *table, const struct dlq_letter *letter,
                       bool is_whole)
{
    table_add_time(table, letter->failed_ms);
    table_add_text(table, dlq_state_names[letter->state]);
    table_set_mood(table, state_moods[letter->state]);
    table_add_text(table, letter->status >= 0 ? filter_statuses[letter->status]
                                              : NULL);
    table_add_slice(table, letter->type);
    table_add_slice(table, letter->entity);
    table_add_slice(table, letter->id);
    add_number_if(table, letter->attempts >= 0, letter->attempts);
    table_add_number(table, letter->redrives);
    dlq_add_place(table, &letter->place);
    table_add_number(table, letter->place.partition);
    table_add_number(table, letter->place.offset);
    table_add_slice(table, letter->origin.topic);
    table_add_number(table, letter->origin.partition);
    table_add_number(table, letter->origin.offset);
    add_mark(table, &letter->mark);
    dlq_add_reason(table, letter->reason, is_whole);
}

/* As JSON an array of its own, or the member "letters" of an object that says
 * whether it is a dry run; `summary` is the last line of the text. */
static int print(const struct table *table, const struct dlq_flags *flags,
                 const bool *is_dry_run, const char *summary, struct error *err)
{
    struct json_writer w;
    struct buffer out;
    int result;

    buffer_init(&out, OUTPUT_BYTES);
    if (flags->is_json) {
        json_writer_init(&w, &out);
        if (is_dry_run != NULL) {
            json_write_object(&w, NULL);
            json_write_bool(&w, "is_dry_run", *is_dry_run);
        }
        table_write_json(table, &w, is_dry_run != NULL ? "letters" : NULL);
        if (is_dry_run != NULL)
            json_write_end(&w);
        buffer_add_char(&out, '\n');
    } else {
        if (table_rows(table) > 0)
            table_print(table, terminal_has_colours(), &out);
        buffer_add_format(&out, "%s\n", summary);
    }
    result = terminal_print(&out, err);
    buffer_release(&out);
    return result;
}

int dlq_print_letters(struct dlq_letter *const *letters, size_t count,
                      const struct dlq_flags *flags, struct error *err)
{
    struct table table;
    char summary[64];
    int result;

    table_init(&table, letter_columns, COUNT(letter_columns));
    for (size_t i = 0; i < count; i++)
        add_letter(&table, letters[i], flags->is_whole);
    snprintf(summary, sizeof(summary), "%zu dead letter%s", count,
             count == 1 ? "" : "s");
    result = print(&table, flags, NULL, summary, err);
    table_release(&table);
    return result;
}

static void add_outcome(struct table *table, const struct dlq_letter *letter,
                        bool is_whole)
{
    const struct dlq_outcome *outcome = &letter->outcome;
    bool is_published = outcome->redriven.topic.data != NULL;

    dlq_add_place(table, &letter->place);
    table_add_number(table, letter->place.partition);
    table_add_number(table, letter->place.offset);
    table_add_slice(table, letter->type);
    table_add_slice(table, letter->entity);
    table_add_slice(table, letter->id);
    table_add_text(table, dlq_result_names[outcome->result]);
    table_set_mood(table, result_moods[outcome->result]);
    add_number_if(table, is_published, outcome->redriven.partition);
    add_number_if(table, is_published, outcome->redriven.offset);
    dlq_add_reason(table, outcome->why, is_whole);
}

/* "3 dead letters: 2 completed, 1 failed". */
static void summarize(struct dlq_letter *const *letters, size_t count,
                      struct buffer *out)
{
    const char *comma = ": ";

    buffer_add_format(out, "%zu dead letter%s", count, count == 1 ? "" : "s");
    for (int i = 0; i < DLQ_RESULTS; i++) {
        size_t same = 0;
        for (size_t j = 0; j < count; j++)
            same += letters[j]->outcome.result == (enum dlq_result)i;
        if (same == 0)
            continue;
        buffer_add_format(out, "%s%zu %s", comma, same, dlq_result_names[i]);
        comma = ", ";
    }
}

int dlq_print_outcomes(struct dlq_letter *const *letters, size_t count,
                       const struct dlq_flags *flags, bool is_dry_run,
                       struct error *err)
{
    struct table table;
    struct buffer summary;
    int result;

    table_init(&table, outcome_columns, COUNT(outcome_columns));
    for (size_t i = 0; i < count; i++)
        add_outcome(&table, letters[i], flags->is_whole);
    buffer_init(&summary, 1024);
    summarize(letters, count, &summary);
    result = print(&table, flags, &is_dry_run, summary.data, err);
    buffer_release(&summary);
    table_release(&table);
    return result;
}
